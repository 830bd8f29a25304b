// What the page does, as the documentation of oidc-client-ts has it.
const { UserManager } = window.oidc;
const manager = new UserManager({
  ...(await (await fetch("settings.json")).json()),
  redirect_uri: `${location.origin}/`,
  post_logout_redirect_uri: `${location.origin}/`,
  loadUserInfo: true,
  automaticSilentRenew: false,
});

async function show(done) {
  let shown = null;
  try {
    shown = (await done) ?? (await manager.getUser());
  } catch (error) {
    shown = { refused: error.message };
  }
  document.querySelector("#user").textContent = JSON.stringify(shown);
}

const buttons = {
  "sign-in": () => manager.signinRedirect({ nonce: crypto.randomUUID() }),
  refresh: () => show(manager.signinSilent()),
  "sign-out": () => manager.signoutRedirect(),
  revoke: () => show(manager.revokeTokens()),
};
for (const [name, action] of Object.entries(buttons)) {
  document.querySelector(`#${name}`).addEventListener("click", action);
}

if (new URLSearchParams(location.search).has("state")) {
  await show(manager.signinRedirectCallback());
  history.replaceState(null, "", "/");
} else {
  await show(manager.getUser());
}
