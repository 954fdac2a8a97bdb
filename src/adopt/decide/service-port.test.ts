import { describe, expect, it } from 'vitest';
import { project } from '../test-support.ts';
import { adoptProject } from './adopt-project.ts';

/** The port of api, and whom edge fronts, when this is the configuration of edge. */
function decide(text: string) {
  const services = { edge: { image: 'haproxy:2.6' }, api: { image: 'shop/api:1' }, web: { image: 'shop/web:1' } };
  const seen = {
    ...project({ name: 'shop', services }),
    configurations: { edge: [{ path: '/srv/haproxy.cfg', text }] },
  };
  const { services: all, proxies } = adoptProject(seen);
  const port = all.find(({ name }) => name === 'api')?.port;
  return { port: port?.value, fronts: proxies.flatMap(({ fronts }) => fronts) };
}

describe('what the configuration of a proxy tells', () => {
  it('is the port that it connects to, and no port of a comment', () => {
    expect(decide('server a api:3000')).toMatchObject({ port: 3000 });
    expect(decide('# server a api:4000\n  server a api:3000 check # not api:5000')).toMatchObject({ port: 3000 });
    expect(decide('  ; api:4000\n// api:4000\nserver b web:80')).toMatchObject({ port: undefined });
  });

  it('takes no sign in the middle of a word for a comment', () => {
    expect(decide('redirect location /#/start code 302\nserver a api:3000')).toMatchObject({ port: 3000 });
    expect(decide('proxy_pass http://api:3000/#/')).toMatchObject({ port: 3000 });
  });

  it('names nobody as fronted who stands in comments alone', () => {
    expect(decide('server a api:3000').fronts).toEqual(['api']);
    expect(decide('server a api:3000\n# server b web:80').fronts).toEqual(['api']);
  });
});
