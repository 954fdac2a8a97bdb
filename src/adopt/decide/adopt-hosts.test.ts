import { describe, expect, it } from 'vitest';
import { parseHost } from '../hosts/parse-units.ts';
import { adoptHosts } from './adopt-hosts.ts';

function decide(...lines: readonly string[]) {
  const block = ['unit search@.service search@1.service', 'ActiveState=active', 'Type=exec', ...lines];
  const [search] = adoptHosts([parseHost('a', `addresses 10.0.0.1\n${block.join('\n')}\n`)], []).services;
  return { port: search?.port?.value, roll: search?.roll, ready: search?.ready };
}

describe('what a unit listens on', () => {
  it('is nothing where no socket is its own', () => {
    expect(decide()).toMatchObject({ roll: { value: 'overlap', certainty: 'guessed' } });
  });

  it('cannot be told where sockets cannot be seen, and why is said', () => {
    expect(decide('unseen ss is not there')).toMatchObject({
      port: undefined,
      roll: {
        value: 'stop-first',
        certainty: 'unknown',
        because: 'what it listens on, because ss is not there; with a "port" and a "switch" it can be start-first',
      },
      ready: { certainty: 'unknown', because: 'it is not Type=notify, and ss is not there' },
    });
  });

  it('is what was seen of it, whatever could not be', () => {
    expect(decide('unseen it is hidden there', 'listen 0.0.0.0:7700')).toMatchObject({ port: '7700-7701' });
  });
});
