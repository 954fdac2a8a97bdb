import { describe, expect, it } from 'vitest';
import { parseHost } from '../hosts/parse-units.ts';
import { adoptHosts } from './adopt-hosts.ts';
import { chooseUnitImage } from './unit-image.ts';

const DIGEST = `registry.internal/shop/search@sha256:${'a'.repeat(64)}`;
const OPTIONS = '--rm --name search --network host --memory 512m --volume /srv/up:/up --env DATABASE_URL';
const IMAGE = 'registry.internal/shop/search:1.4.2';
const CONTAINER = `container docker 4f2a
name /search
reference ${IMAGE}
image sha256:11
network host
digest other.internal/search@sha256:${'b'.repeat(64)}
digest ${DIGEST}
listen 0.0.0.0:8080
variable DATABASE_URL
database DATABASE_URL=postgres://shop:***@db/shop
`;

interface Seen {
  readonly words?: string;
  readonly type?: string;
  readonly container?: string;
}

const look = (seen: Seen, host = 'host1') => {
  const { words = `/usr/bin/docker run ${OPTIONS} ${IMAGE} serve --fast`, type = 'exec', container = CONTAINER } = seen;
  const unit = `unit search.service search.service\nType=${type}\nActiveState=active\nExecStart={ path=x ; argv[]=${words} ; ignore_errors=no }\n`;
  const { units } = parseHost(host, `addresses 10.0.0.1\n${unit}${container}`);
  return units.map((one) => ({ ...one, host }));
};
const choose = (seen: Seen) => chooseUnitImage(look(seen));

describe('chooseUnitImage()', () => {
  it('takes the digest by which the registry of its image knows what runs, and what stands behind and before the image', () => {
    expect(choose({})).toEqual({
      image: { value: DIGEST, certainty: 'told', because: `host1 runs ${IMAGE} as this` },
      command: ['serve', '--fast'],
      options: ['--memory', '512m', '--volume', '/srv/up:/up'],
      variables: ['DATABASE_URL'],
      obstacles: [],
    });
    expect(look({})[0]).toMatchObject({ ports: [8080], database: { DATABASE_URL: 'postgres://shop:***@db/shop' } });
  });

  it('finds a container without a name by its image, where all that runs of it is the same', () => {
    const words = `/usr/bin/docker run ${IMAGE}`;
    expect(choose({ words })?.image.value).toBe(DIGEST);
    const other = CONTAINER.replace('4f2a', '5b3b').replace('sha256:11', 'sha256:22');
    expect(choose({ words, container: CONTAINER + other })?.image).toMatchObject({
      value: undefined,
      because: expect.stringContaining('which image search.service runs on host1'),
    });
  });

  it.each<[string, Seen, string]>([
    ['an engine that does not say', { container: '' }, 'give it --name'],
    [
      'an image that no registry knows',
      { container: CONTAINER.replaceAll(/digest .*\n/g, '') },
      'push it, then pull it',
    ],
    ['a shell in between', { words: '/bin/sh -c docker run x' }, '/bin/sh stands between; write "docker run" itself'],
  ])('cannot tell the image of %s', (_, seen, because) => {
    expect(choose(seen)?.image).toMatchObject({
      value: undefined,
      certainty: 'unknown',
      because: expect.stringContaining(because),
    });
  });

  it('cannot tell the image where hosts run different ones', () => {
    const other = look({ container: CONTAINER.replaceAll('a'.repeat(64), 'c'.repeat(64)) }, 'host2');
    expect(chooseUnitImage([...look({}), ...other])?.image).toMatchObject({
      certainty: 'unknown',
      because: expect.stringMatching(/^which image it is: host1 runs .*, host2 /),
    });
  });

  it.each<[string, Seen, string]>([
    ['Type=notify', { type: 'notify' }, 'make it Type=exec'],
    [
      'Podman',
      { words: `/usr/bin/podman run ${IMAGE}`, container: CONTAINER.replace('docker', 'podman') },
      'install Docker',
    ],
    ['a port of another number', { container: `${CONTAINER}published 8080 80/tcp\n` }, 'listen on what PORT says'],
    ['a network of its own', { container: CONTAINER.replace('network host', 'network shop') }, 'the network shop'],
    [
      'variables of docker',
      { container: `${CONTAINER}variable DOCKER_HOST\n` },
      'docker itself would heed DOCKER_HOST',
    ],
  ])('says what to change for %s', (_, seen, obstacle) => {
    expect(choose(seen)?.obstacles).toEqual([expect.stringContaining(obstacle)]);
  });

  it('leaves a database in a container alone', () => {
    const container = CONTAINER.replaceAll(IMAGE, 'postgres:15').replace('/search', '/store');
    const words = '/usr/bin/docker run --name store postgres:15';
    const units = look({ words, container }).map((one) => ({ ...one, unit: 'store.service' }));
    const host = { host: 'host1', addresses: [], haproxies: [], units };
    expect(adoptHosts([host], [])).toMatchObject({
      services: [],
      others: [{ name: 'store.service', kind: { because: 'postgres:15 is a database' } }],
    });
  });

  it('is silent about units that run no container', () => {
    expect(choose({ words: '/usr/bin/node main.mjs', container: '' })).toBeUndefined();
  });
});
