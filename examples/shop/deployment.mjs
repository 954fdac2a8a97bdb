// The operator's onward.yaml as a function of what differs from one place to another: node deployment.mjs > onward.yaml
import { fileURLToPath } from 'node:url';

/**
 * @param {object} [options]
 * @param {number} [options.webPort] where the shop is open to the world
 * @param {number} [options.apiPort] where its services find the api
 * @param {string} [options.releases] the release source, relative to onward.yaml
 */
export function renderDeployment({ webPort = 8080, apiPort = 8081, releases = './releases' } = {}) {
  const web = `127.0.0.1:${webPort}`;
  const api = `127.0.0.1:${apiPort}`;
  return `# One installation of the shop, on plain processes of this machine.
deployment: shop
releases: { source: ${releases}, channel: stable }
databases:
  core: { url: env:SHOP_DATABASE_URL }
services:
  api:
    runtime: process
    replicas: 2
    switch: { builtin: { listen: "${api}" } }
    ready: { http: /ready }
    readyTimeout: 10s
    drain: 10s
    settle: 3s
    environment: { DATABASE_URL: env:SHOP_DATABASE_URL }
  web:
    runtime: process
    switch: { builtin: { listen: "${web}" } }
    ready: { http: /ready }
    drain: 10s
    settle: 3s
    environment: { API_URL: "http://${api}" }
  worker:
    runtime: process
    after: [api]
    roll: overlap
    settle: 3s
    environment: { DATABASE_URL: env:SHOP_DATABASE_URL }
  scheduler:
    runtime: process
    roll: stop-first
    settle: 3s
    environment: { DATABASE_URL: env:SHOP_DATABASE_URL }
checks:
  - name: front page
    http: { url: "http://${web}/", expect: { status: 200, bodyIncludes: The latest orders } }
  - name: total of the orders before 2025
    sql: { database: core, query: select sum(cents) from orders where placed_at < '2025-01-01', unchanged: true }
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(renderDeployment());
