import { describe, expect, it } from 'vitest';
import { createRedaction } from './redaction.ts';

const SECRET = 'p"q\\r@s%1';

describe('createRedaction()', () => {
  it.each([
    ['as it is', SECRET],
    ['in a URL', `postgres://host/?password=${encodeURIComponent(SECRET)}`],
    ['in JSON', JSON.stringify({ password: SECRET })],
    ['in JSON within JSON', JSON.stringify({ body: JSON.stringify({ password: SECRET }) })],
  ])('blanks out a secret %s', (_, text) => {
    const redaction = createRedaction();
    redaction.add(SECRET);
    expect(redaction.apply(text)).not.toMatch(/r@s|r%40s/);
    expect(redaction.apply(text)).toContain('***');
  });

  it('leaves JSON that it was applied to readable', () => {
    const redaction = createRedaction();
    redaction.add(SECRET);
    const text = JSON.stringify({ password: `a ${SECRET} b` });
    expect(JSON.parse(redaction.apply(text))).toEqual({ password: 'a *** b' });
  });

  it('blanks out the password of a URL that is a secret, wherever it stands', () => {
    const redaction = createRedaction();
    redaction.add(`postgres://keeper:${encodeURIComponent(SECRET)}@host/db`);
    expect(redaction.apply(`wrong password: ${SECRET}`)).toBe('wrong password: ***');
  });

  it('blanks out the password of a URL that it was not told of', () => {
    expect(createRedaction().apply('to postgres://keeper:pass-word@host/db')).toBe('to postgres://keeper:***@host/db');
  });

  it('blanks out the password of a URL that stands behind other text, and is through a long text soon', () => {
    const text = `${'x'.repeat(1_000_000)} 1x+postgres://keeper:pass-word@host/db`;
    expect(createRedaction().apply(text).slice(-40)).toBe('x 1x+postgres://keeper:***@host/db'.padStart(40, 'x'));
  });

  it('blanks out each line of a secret that has several, but for words', () => {
    const redaction = createRedaction();
    redaction.add('keep:\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n');
    expect(redaction.apply('keep: MIIEvQIBADANBgkqhkiG9w0B')).toBe('keep: ***');
    expect(redaction.apply('AQEFAASCBKcwggSjAgEAAoIB')).toBe('***');
  });

  it('leaves words alone that are shorter than six characters', () => {
    const redaction = createRedaction();
    redaction.add('table');
    expect(redaction.apply('alter table item')).toBe('alter table item');
  });
});
