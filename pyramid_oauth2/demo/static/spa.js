// The code flow of a public client with PKCE: no library, no secret, no cookie.

const HERE = new URL(".", location).href;
// Served by anything but the demo, the demo is here. On another port, change
// this, and connect-src in index.html.
const SERVER = HERE.endsWith("/spa/") ? HERE.slice(0, -"/spa/".length) : "http://localhost:6543";
const CLIENT_ID = "demo-spa";

// In memory only: what a page can read from a storage, any script in it can.
let token = null;

const element = (id) => document.getElementById(id);

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function signIn() {
  const attempt = { state: random(), verifier: random() };
  // The storage of this tab: another tab's sign-in is not disturbed.
  sessionStorage.setItem("attempt", JSON.stringify(attempt));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(attempt.verifier));
  const question = new URLSearchParams({
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: HERE,
    scope: "read write",
    state: attempt.state,
    code_challenge: base64url(digest),
    code_challenge_method: "S256",
  });
  location.assign(`${SERVER}/oauth2/authorize?${question}`);
}

// The server's answer is in the address; returns the token answer.
async function redeem() {
  const answer = new URLSearchParams(location.search);
  const attempt = JSON.parse(sessionStorage.getItem("attempt"));
  sessionStorage.removeItem("attempt");
  // Out of the address bar and the history.
  history.replaceState(null, "", HERE);
  if (!attempt || answer.get("state") !== attempt.state || answer.get("iss") !== SERVER) {
    throw new Error("That answer is not for this page. Sign in again.");
  }
  if (answer.has("error")) {
    throw new Error(answer.get("error_description") ?? answer.get("error"));
  }
  const response = await fetch(`${SERVER}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: CLIENT_ID,
      code: answer.get("code"),
      redirect_uri: HERE,
      code_verifier: attempt.verifier,
    }),
  });
  return read(response);
}

async function api(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, ...options.headers };
  const response = await fetch(`${SERVER}/api/${path}`, { ...options, headers });
  if (response.status === 401) {
    token = null;
    show();
  }
  return read(response);
}

async function read(response) {
  const text = await response.text();
  if (response.ok) {
    return JSON.parse(text);
  }
  let reason = `The server refused with status ${response.status}.`;
  try {
    reason = JSON.parse(text).error_description ?? reason;
  } catch {
    // Not JSON: the status must do.
  }
  throw new Error(reason);
}

async function showNotes() {
  const { notes } = await api("notes");
  const items = notes.map((note) => {
    const item = document.createElement("li");
    item.textContent = note.text;
    return item;
  });
  element("notes").replaceChildren(...items);
  element("no-notes").hidden = items.length > 0;
}

async function addNote() {
  const text = element("text").value;
  const headers = { "Content-Type": "application/json" };
  await api("notes", { method: "POST", headers, body: JSON.stringify({ text }) });
  element("text").value = "";
  await showNotes();
}

async function begin() {
  if (!location.search) {
    return;
  }
  const answer = await redeem();
  token = answer.access_token;
  const me = await api("me");
  element("user").textContent = me.user;
  element("me").textContent = JSON.stringify(me, null, 2);
  const mayWrite = answer.scope.split(" ").includes("write");
  element("writing").hidden = !mayWrite;
  element("not-writing").hidden = mayWrite;
  await showNotes();
}

function signOut() {
  token = null;
  element("notes").replaceChildren();
  element("me").textContent = "";
  show();
  say("The page has forgotten its token. The server may still know you: sign out there as well.");
}

function show() {
  element("signed-in").hidden = token === null;
  element("signed-out").hidden = token !== null;
  element("sign-out").hidden = token === null;
}

function say(text) {
  element("status").textContent = text;
}

// Run what a button does; whatever goes wrong is told.
async function run(action) {
  say("");
  try {
    await action();
  } catch (error) {
    say(error instanceof TypeError ? `${SERVER} does not answer.` : error.message);
  }
}

element("server").href = `${SERVER}/`;
element("sign-in").addEventListener("click", () => run(signIn));
element("sign-out").addEventListener("click", signOut);
element("writing").addEventListener("submit", (event) => {
  event.preventDefault();
  run(addNote);
});
await run(begin);
show();
