import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeImage, parseImageReference } from './image-reference.ts';

const HEX = 'ab'.repeat(32);
const FULL: readonly (readonly [text: string, full: string])[] = [
  ['postgres', 'docker.io/library/postgres'],
  ['postgres:16-alpine', 'docker.io/library/postgres:16-alpine'],
  ['docker.io/postgres', 'docker.io/library/postgres'],
  ['index.docker.io/library/postgres', 'docker.io/library/postgres'],
  ['shop/api', 'docker.io/shop/api'],
  ['a/b/c', 'docker.io/a/b/c'],
  ['registry.example/api:1.0', 'registry.example/api:1.0'],
  ['registry.example:5000/shop/api', 'registry.example:5000/shop/api'],
  ['registry.example:5000/shop/api:1.0', 'registry.example:5000/shop/api:1.0'],
  ['localhost/api', 'localhost/api'],
  ['localhost:5000/api', 'localhost:5000/api'],
  ['Intern/api', 'Intern/api'],
  ['[::1]:5000/api:1', '[::1]:5000/api:1'],
  ['127.0.0.1:5000/a__b/c.d/e--f', '127.0.0.1:5000/a__b/c.d/e--f'],
  [`api@sha256:${HEX}`, `docker.io/library/api@sha256:${HEX}`],
  [`registry.example/api:1.0@sha256:${HEX}`, `registry.example/api:1.0@sha256:${HEX}`],
];

const NONE = [
  ...[
    '',
    ' ',
    'Postgres',
    'api:',
    ':1',
    '/api',
    'api/',
    'a//b',
    'api:1:2',
    'api:-1',
    'api:.1',
    'a b',
    'api:1 ',
    'api\n',
  ],
  ...[
    'registry.example:/api',
    'registry.example:port/api',
    '-x.example/api',
    'registry.example/Api',
    'a_-b',
    '_a',
    'a.',
  ],
  ...['api@', 'api@sha256:abcd', `api@sha512:${HEX}`, `api@sha256:${HEX.toUpperCase()}`, `api@sha256:${HEX}@x`],
  ...[
    HEX,
    `api:${'x'.repeat(129)}`,
    `registry.example/${'x'.repeat(240)}`,
    '../api',
    'registry.example/../api',
    'https://x.y/api',
  ],
];

describe('parseImageReference()', () => {
  it.each(FULL)('reads %s as %s, as Docker does', (text, full) => {
    const image = parseImageReference(text);
    expect(image && describeImage(image)).toBe(full);
  });

  it.each(NONE)('finds no image in %j', (text) => {
    expect(parseImageReference(text)).toBeUndefined();
  });

  it('gives the same for the full name as for the text, whatever the text', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9._:/@[\]-]{0,20}$/);
    const name = fc.stringMatching(
      /^[a-z0-9]{1,5}([._-][a-z0-9]{1,3})?(:[0-9]{1,3})?(\/[a-z0-9]{1,5}){0,2}(:[A-Za-z0-9_.-]{1,5})?$/,
    );
    fc.assert(
      fc.property(fc.oneof(part, name), fc.boolean(), (text, hasDigest) => {
        const image = parseImageReference(hasDigest ? `${text}@sha256:${HEX}` : text);
        if (!image) return;
        expect(parseImageReference(describeImage(image))).toEqual(image);
        expect(new URL(`https://${image.registry}/v2/${image.repository}/`).pathname).toBe(`/v2/${image.repository}/`);
      }),
      { numRuns: 2000 },
    );
  });
});
