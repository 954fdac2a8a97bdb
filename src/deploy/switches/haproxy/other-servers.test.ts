import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOthers, type StatTexts } from './other-servers.ts';

const FOLDER = join(import.meta.dirname, '../../../../test/support/haproxy-answers');

/** What Debian's HAProxys have answered. */
function answersOf(version: string): StatTexts {
  const read = (name: string) => readFileSync(join(FOLDER, version, name), 'utf8').trim();
  return { info: read('show-info.txt'), stat: read('show-stat.txt'), state: read('show-servers-state.txt') };
}

describe.each(['2.6.12', '3.0.11'])('parseOthers() of HAProxy %s', (version) => {
  const now = answersOf(version);
  const others = parseOthers('onward-api', now, []);
  const find = (backend: string, server: string) =>
    others.servers.find((one) => one.backend === backend && one.server === server);

  it('knows the servers of all other backends, and none that is taken out', () => {
    expect(others.servers.map(({ backend, server }) => `${backend}/${server}`)).toEqual([
      'raw/s1',
      'shop_api/web1',
      'shop_api/web2',
      'unused/web1',
      'unused/six',
    ]);
    expect(find('unused', 'six')?.address).toEqual({ host: '::1', port: 18090 });
    expect(others.countedS).toBeGreaterThan(0);
  });

  it('tells what they were given, and nothing of health checks', () => {
    expect(find('shop_api', 'web1')).toMatchObject({ asked: 3, inFlight: 0, lastS: expect.any(Number) });
    expect(find('unused', 'web1')).toMatchObject({ asked: 0, inFlight: 0 });
    expect(find('unused', 'web1')).not.toHaveProperty('lastS');
  });

  it('tells a listen section with a raw connection from a backend', () => {
    expect(find('raw', 's1')).toMatchObject({ isListen: true, asked: 1, inFlight: 1 });
    expect(find('shop_api', 'web1')?.isListen).toBe(false);
  });

  it('adds what processes from before a reload still have, and nothing that they are done with', () => {
    const removed = { ...now, state: now.state.replace(/^.* raw .*\n/m, '') };
    const after = parseOthers('onward-api', removed, [now]).servers;
    expect(after.find(({ backend }) => backend === 'raw')).toMatchObject({ inFlight: 1, asked: 0 });
    expect(after.find(({ server }) => server === 'web1')).toEqual(find('shop_api', 'web1'));
    expect(parseOthers('onward-api', now, [now]).servers).toHaveLength(others.servers.length);
  });
});
