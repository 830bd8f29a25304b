// oidc-provider on Redis. Started with --prepare, it prints the client's secret.
import Redis from "ioredis";
import { Provider } from "oidc-provider";

const { BENCH_URL, BENCH_PORT, BENCH_SECRET } = process.env;

if (process.argv.includes("--prepare")) {
  console.log(crypto.randomUUID().replaceAll("-", ""));
  process.exit(0);
}

const redis = new Redis(BENCH_URL);
const ONCE = new Set(["AuthorizationCode", "RefreshToken"]);

// As the adapter to which its documents link: what can be used once is a hash, all else
// a string, and a list has the keys of a grant.
class Adapter {
  constructor(name) {
    this.name = name;
  }

  key(id) {
    return `oidc:${this.name}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    const text = JSON.stringify(payload);
    const step = redis.multi();
    if (ONCE.has(this.name)) step.hset(key, { payload: text });
    else step.set(key, text);
    if (expiresIn) step.expire(key, expiresIn);
    if (payload.grantId) {
      const members = `oidc:grant:${payload.grantId}`;
      step.rpush(members, key);
      const left = await redis.ttl(members);
      if (expiresIn > left) step.expire(members, expiresIn);
    }
    await step.exec();
  }

  async find(id) {
    if (!ONCE.has(this.name)) {
      const text = await redis.get(this.key(id));
      return text ? JSON.parse(text) : undefined;
    }
    const { payload, ...rest } = await redis.hgetall(this.key(id));
    return payload ? { ...rest, ...JSON.parse(payload) } : undefined;
  }

  async consume(id) {
    await redis.hset(this.key(id), "consumed", Math.floor(Date.now() / 1000));
  }

  async destroy(id) {
    await redis.del(this.key(id));
  }

  async revokeByGrantId(grantId) {
    const members = `oidc:grant:${grantId}`;
    const step = redis.multi();
    for (const key of await redis.lrange(members, 0, -1)) step.del(key);
    step.del(members);
    await step.exec();
  }
}

const provider = new Provider("http://localhost", {
  adapter: Adapter,
  clients: [
    {
      client_id: "bench",
      client_secret: BENCH_SECRET,
      grant_types: ["authorization_code", "refresh_token", "client_credentials", "password"],
      redirect_uris: ["https://client.example/callback"],
      token_endpoint_auth_method: "client_secret_basic",
    },
  ],
  // Without the second one, no client may refresh.
  scopes: ["read", "offline_access"],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  routes: {
    authorization: "/oauth2/authorize",
    introspection: "/oauth2/introspect",
    revocation: "/oauth2/revoke",
    token: "/oauth2/token",
  },
  ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 86400, RefreshToken: 86400 },
});

// Only for the preparation of what is refreshed and revoked.
provider.registerGrantType(
  "password",
  async (ctx) => {
    const { AccessToken, Grant, RefreshToken } = ctx.oidc.provider;
    const { client, params } = ctx.oidc;
    const grant = new Grant({ accountId: params.username, clientId: client.clientId });
    grant.addOIDCScope(params.scope);
    const issued = {
      accountId: params.username,
      client,
      grantId: await grant.save(),
      gty: "password",
      scope: params.scope,
    };
    ctx.body = {
      access_token: await new AccessToken(issued).save(),
      refresh_token: await new RefreshToken(issued).save(),
      token_type: "Bearer",
    };
  },
  ["username", "password", "scope"],
);

// A proxy ends TLS in production.
provider.proxy = true;
const server = provider.listen(Number(BENCH_PORT), "127.0.0.1");
server.keepAliveTimeout = 75_000; // As at the other servers; the default is 5 seconds.
