import { describe, expect, it } from 'vitest';
import { chooseReadyProbe } from './ready-probe.ts';

const words = (test: string) => test.split(' ');

describe('chooseReadyProbe()', () => {
  it.each([
    ['curl -f http://localhost:3000/v1/health/ready || exit 1', { kind: 'http', path: '/v1/health/ready' }, 3000],
    ['wget -qO- http://127.0.0.1:8080/up', { kind: 'http', path: '/up' }, 8080],
    [
      "python -c import urllib.request as u; u.urlopen('http://localhost:8000/ping')",
      { kind: 'http', path: '/ping' },
      8000,
    ],
    ['curl http://localhost', { kind: 'http', path: '/' }, 80],
    ['nc -z localhost 6000', { kind: 'tcp' }, 6000],
  ])('repeats %s', (test, probe, port) => {
    expect(chooseReadyProbe(words(test), undefined)).toMatchObject({ value: { probe, port }, certainty: 'told' });
  });

  it.each([
    ['a health check that no probe can repeat', 'pg_isready -U shop', 5432, { kind: 'tcp' }],
    ['a health check elsewhere', 'curl -f http://other.example/up', 8080, { kind: 'tcp' }],
    ['no health check', '', 8080, { kind: 'tcp' }],
    ['a health check without a known port', 'bin/alive', undefined, { kind: 'up', forMs: 2000 }],
  ])('cannot tell with %s', (_, test, port, probe) => {
    expect(chooseReadyProbe(words(test).filter(Boolean), port)).toMatchObject({
      value: { probe },
      certainty: 'unknown',
    });
  });
});
