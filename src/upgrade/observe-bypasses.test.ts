import { describe, expect, it } from 'vitest';
import type { OtherServers } from '../deploy/index.ts';
import { matchBypasses } from './observe-bypasses.ts';

const OWN = ['127.0.0.1', '::1', '10.0.0.5', '172.17.0.1'];

function match(
  address: { readonly host: string; readonly port: number },
  instance: { readonly address?: string; readonly alsoAt?: readonly string[] },
  more: Partial<OtherServers> = {},
): readonly string[] {
  const server = { backend: 'old', isListen: false, server: 'one', address, inFlight: 0, asked: 0 };
  const others = { countedS: 1, isOnThisMachine: true, servers: [server], ...more };
  return matchBypasses(others, [{ id: 'api-1', ...instance }], OWN).map((found) => found.instance);
}
const at = (host: string, port: number) => ({ host, port });

describe('matchBypasses()', () => {
  it('finds an instance by where it listens, and by no other port or address', () => {
    const container = { address: '172.18.0.3:3000' };
    expect(match(at('172.18.0.3', 3000), container)).toEqual(['api-1']);
    expect(match(at('172.18.0.3', 3001), container)).toEqual([]);
    expect(match(at('172.18.0.4', 3000), container)).toEqual([]);
    expect(match(at('fd00::3', 3000), { address: 'fd00::3:3000' })).toEqual(['api-1']);
    expect(match(at('172.18.0.3', 3000), {})).toEqual([]);
  });

  it('finds a container in its other networks, and at a port of this machine by whatever address it has', () => {
    const container = { address: '172.18.0.3:3000', alsoAt: ['172.19.0.7:3000', '0.0.0.0:8080', ':::8080'] };
    expect(match(at('172.19.0.7', 3000), container)).toEqual(['api-1']);
    for (const host of ['127.0.0.1', '::1', '10.0.0.5', '172.17.0.1'])
      expect(match(at(host, 8080), container)).toEqual(['api-1']);
    expect(match(at('127.0.0.1', 3000), container)).toEqual([]);
    expect(match(at('10.0.0.6', 8080), container)).toEqual([]);
  });

  it('finds what runs on this machine at loopback too, and nothing of a host that is another one', () => {
    expect(match(at('127.0.0.1', 7000), { address: '10.0.0.5:7000' })).toEqual(['api-1']);
    expect(match(at('10.0.0.5', 7000), { address: '127.0.0.1:7000' })).toEqual(['api-1']);
    expect(match(at('127.0.0.1', 7000), { address: '10.0.0.9:7000' })).toEqual([]);
    expect(match(at('10.0.0.9', 7000), { address: '10.0.0.9:7000' })).toEqual(['api-1']);
  });

  it('takes the loopback of a HAProxy in a container for its own', () => {
    const inside = { isOnThisMachine: false };
    const published = { address: '172.18.0.3:3000', alsoAt: ['0.0.0.0:8080'] };
    expect(match(at('127.0.0.1', 8080), published, inside)).toEqual([]);
    expect(match(at('172.17.0.1', 8080), published, inside)).toEqual(['api-1']);
    expect(match(at('172.18.0.3', 3000), published, inside)).toEqual(['api-1']);
  });
});
