import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge.ts';

describe('parseChallenges()', () => {
  it('reads what Docker Hub asks for', () => {
    const header =
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/postgres:pull"';
    expect(parseChallenges(header)).toEqual([
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:library/postgres:pull',
        },
      },
    ]);
  });

  it.each([
    ['Basic realm="a b"', [{ scheme: 'basic', parameters: { realm: 'a b' } }]],
    ['basic REALM=plain', [{ scheme: 'basic', parameters: { realm: 'plain' } }]],
    ['Basic', [{ scheme: 'basic', parameters: {} }]],
    [
      String.raw`Basic realm="say \"hi\", then, bye"`,
      [{ scheme: 'basic', parameters: { realm: 'say "hi", then, bye' } }],
    ],
    [
      'Basic realm="x", Bearer realm = "https://y", service="z" , Negotiate',
      [
        { scheme: 'basic', parameters: { realm: 'x' } },
        { scheme: 'bearer', parameters: { realm: 'https://y', service: 'z' } },
        { scheme: 'negotiate', parameters: {} },
      ],
    ],
    ['', []],
    [' , ', []],
    ['realm="no scheme"', []],
    ['Bearer realm="never ends', [{ scheme: 'bearer', parameters: { realm: '' } }]],
  ])('reads %j', (header, challenges) => {
    expect(parseChallenges(header)).toMatchObject(challenges);
    expect(parseChallenges(header)).toHaveLength(challenges.length);
  });

  it('reads back any realm that is quoted as the standard says', () => {
    fc.assert(
      fc.property(fc.string(), (realm) => {
        const quoted = realm.replaceAll(/["\\]/g, '\\$&');
        expect(parseChallenges(`Bearer realm="${quoted}",service="x"`)).toEqual([
          { scheme: 'bearer', parameters: { realm, service: 'x' } },
        ]);
      }),
    );
  });

  it('ends with any header', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (header) => Array.isArray(parseChallenges(header))));
  });
});
