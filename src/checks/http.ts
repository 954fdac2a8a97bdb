import type { Probe } from './check.ts';

/** One request. Redirects are answers like others; without an expected status, 200 to 299 will do. */
export const probeHttp: Probe<'http'> = async ({ system }, check) => {
  const response = await system.http.send({
    method: check.method,
    url: check.url,
    headers: check.headers,
    ...(check.body === undefined ? {} : { body: check.body }),
    timeoutMs: check.timeoutMs,
  });
  const place = `${check.method} ${describeUrl(check.url)}`;
  const { status, bodyIncludes } = check.expect;
  const isExpected =
    status === undefined ? response.status >= 200 && response.status <= 299 : response.status === status;
  if (!isExpected) {
    return { ok: false, evidence: `${place} answered ${response.status}, and ${status ?? '200 to 299'} is expected` };
  }
  if (bodyIncludes !== undefined && !response.body.includes(bodyIncludes)) {
    return { ok: false, evidence: `${place} answered ${response.status} without the expected text in its body` };
  }
  const outcome = { ok: true, evidence: `${place} answered ${response.status}` };
  return check.unchanged ? { ...outcome, value: response.body } : outcome;
};

/** Without user, password and query, which may hold secrets. */
function describeUrl(text: string): string {
  const url = new URL(text);
  return `${url.origin}${url.pathname}`;
}
