// The certified npm package oidc-provider, run for one test: on loopback, with short access
// tokens, refresh tokens that rotate, pages of its own, and a small API that the tokens open.
//
//   node server.mjs REDIRECT_URI SECONDS_OF_AN_ACCESS_TOKEN
//
// It says on which port it listens, and ends when its standard input does.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Provider } from 'oidc-provider';

const [redirectUri, seconds] = process.argv.slice(2);
const API = 'https://api.example.test';
const [READ, WRITE] = [`${API}/notes.read`, `${API}/notes.write`];
// What becomes of a request without `resource` (RFC 8707): it is for the API. The token response
// then lists the API's scopes alone, without openid or offline_access.
const resourceIndicators = {
  enabled: true,
  defaultResource: (_ctx, _client, oneOf) => oneOf ?? API,
  useGrantedResource: () => true,
  getResourceServerInfo: () => ({ scope: `${READ} ${WRITE}`, accessTokenFormat: 'opaque' }),
};

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' };
}
const configuration = {
  clients: [{
    client_id: 'oauth-tests',
    client_secret: 'fake secret: 100% +', // signs that Basic has to encode
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: 'ES256',
  }],
  clockTolerance: 0, // a token is dead when its time is over, not fifteen seconds later
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true }),
  }),
  features: { devInteractions: { enabled: false }, resourceIndicators, revocation: { enabled: true } },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  pkce: { required: () => true },
  renderError: (ctx, { error }) => {
    ctx.type = 'html';
    ctx.body = page('Refused', `<p>${escaped(error)}</p>`);
  },
  rotateRefreshToken: true,
  ttl: {
    AccessToken: Number(seconds), IdToken: 600, RefreshToken: 600, Interaction: 600, Session: 600, Grant: 600,
  },
};

// What a test can ask about: how often each endpoint was called, and what came of it.
const counts = { token: 0, granted: {}, refused: {}, api: { served: 0, refused: 0 } };
const count = (table, key) => { table[key] = (table[key] ?? 0) + 1; };
let grant; // the last that tokens were given for
let gate = Promise.resolve();
let release = () => {};

const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html lang="en"><title>${title}</title>
  <h1>${title}</h1>${body}</html>`;
const form = (fields) => `<form method="post">${fields}
  <button name="answer" value="continue">Continue</button>
  <button name="answer" value="cancel">Cancel</button></form>`;
const box = (scope) => `<label><input type="checkbox" name="scope" value="${scope}" checked>${scope}</label>`;
const asked = (params) => new Set(params.scope.split(' '));

function send(res, status, type, body) {
  res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
const html = (res, body) => send(res, 200, 'text/html; charset=utf-8', body);
const json = (res, status, value) => send(res, status, 'application/json', JSON.stringify(value));

// The two questions to the person: who it is, and what the app may do.
async function interaction(req, res) {
  const { prompt, params, session } = await provider.interactionDetails(req, res);
  const scopes = [READ, WRITE].filter((scope) => asked(params).has(scope));
  if (req.method === 'GET') {
    return html(res, prompt.name === 'login'
      ? page('Sign in', form('<label>Name <input name="name" id="name"></label>'))
      : page('Allow', form(`<p class="account">${escaped(session.accountId)}</p>
          <fieldset>${scopes.map(box).join('')}</fieldset>`)));
  }
  const answer = new URLSearchParams(await text(req));
  const finish = (result) => provider.interactionFinished(req, res, result, { mergeWithLastSubmission: true });
  if (answer.get('answer') !== 'continue') return finish({ error: 'access_denied' });
  if (prompt.name === 'login') return finish({ login: { accountId: answer.get('name') } });
  // Each consent is a grant of its own: it holds what is ticked now, and nothing from before.
  const given = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  given.addOIDCScope(['openid', 'email', 'offline_access'].filter((scope) => asked(params).has(scope)));
  for (const scope of scopes) {
    if (answer.getAll('scope').includes(scope)) given.addResourceScope(API, scope);
    else given.rejectResourceScope(API, scope);
  }
  return finish({ consent: { grantId: await given.save() } });
}

const find = (token) => (token ? provider.AccessToken.find(token) : undefined);

// Reading and writing want different scopes. A token that the provider no longer knows is dead.
async function notes(req, res) {
  const token = await find(req.headers.authorization?.replace(/^Bearer /, ''));
  const needed = req.method === 'GET' ? READ : WRITE;
  const status = !token ? 401 : token.scopes.has(needed) ? 200 : 403;
  count(counts.api, status === 200 ? 'served' : 'refused');
  if (status === 401) res.setHeader('www-authenticate', 'Bearer error="invalid_token"');
  return json(res, status, status === 200 ? { who: token.accountId, did: needed } : { error: status });
}

// For the tests alone. `dead` answers as soon as the provider itself no longer knows the token.
const control = {
  counts: () => counts,
  hold: () => { gate = new Promise((resolve) => { release = resolve; }); },
  release: () => release(),
  withdraw: () => grant.destroy(),
  rotate: () => start(),
  dead: async (query) => { while (await find(query.get('token'))) await wait(20); },
};

async function handle(req, res) {
  const { pathname, searchParams } = new URL(req.url, issuer);
  const [, first, second] = pathname.split('/');
  if (first === 'interaction') return interaction(req, res);
  if (pathname === '/api/notes') return notes(req, res);
  if (first === 'test' && second in control) return json(res, 200, await control[second](searchParams) ?? {});
  if (pathname === '/token') {
    counts.token += 1;
    await gate;
  }
  return answerOf(req, res);
}

const server = createServer((req, res) => {
  handle(req, res).catch((error) => { console.error(error); send(res, 500, 'text/plain', String(error)); });
});
process.stdin.resume().on('close', () => process.exit());
await once(server.listen(0, '127.0.0.1'), 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
let provider;
let answerOf;
// Begins anew with another key. All else goes on: what was granted is kept outside the provider.
function start() {
  provider = new Provider(issuer, { ...configuration, jwks: { keys: [newKey()] } });
  provider.on('grant.success', ({ oidc }) => {
    count(counts.granted, oidc.params.grant_type);
    grant = oidc.entities.Grant;
  });
  provider.on('grant.error', (ctx) => count(counts.refused, ctx.oidc.params?.grant_type));
  answerOf = provider.callback();
}
start();
console.log(`listening on port ${server.address().port}`);
