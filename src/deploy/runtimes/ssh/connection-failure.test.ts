import { describe, expect, it } from 'vitest';
import { classifyFailure } from './connection-failure.ts';
import { chooseControlPath } from './control-path.ts';

describe('classifyFailure()', () => {
  it.each([
    ['Host key verification failed.', 'unknown-host-key'],
    [
      'No ED25519 host key is known for a and you have requested strict checking.\nHost key verification failed.',
      'unknown-host-key',
    ],
    ['@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.', 'changed-host-key'],
    ['root@a: Permission denied (publickey).', 'refused-login'],
    ['ssh: Could not resolve hostname a: Name or service not known', 'no-such-host'],
    ['ssh: connect to host a port 22: Connection refused', 'unreachable'],
    ['ssh: connect to host a port 22: No route to host', 'unreachable'],
    ['Connection timed out during banner exchange', 'unreachable'],
    ['kex_exchange_identification: Connection closed by remote host', 'unreachable'],
    ['Timeout, server a not responding.', 'lost'],
    ['mux_client_read_packet: read header failed: Broken pipe', 'lost'],
    ['', 'lost'],
  ])('takes "%s" for %s', (said, failure) => {
    expect(classifyFailure(said)).toBe(failure);
  });
});

describe('chooseControlPath()', () => {
  it('names the socket by its whole path where that is short enough and plain', () => {
    expect(chooseControlPath('/srv/shop/.onward/ssh')).toEqual({ path: '/srv/shop/.onward/ssh/%C' });
  });

  it.each([`/srv/${'x'.repeat(60)}`, '/srv/my shop', '/srv/100%'])('starts ssh in the folder %s', (folder) => {
    expect(chooseControlPath(folder)).toEqual({ path: '%C', cwd: folder });
  });
});
