import { describe, expect, it } from 'vitest';
import { parseHost } from '../hosts/parse-units.ts';
import { renderHostsDeployment } from '../propose/render-hosts.ts';
import { adoptHosts } from './adopt-hosts.ts';

/** Instances of a template, each with the settings that the script of its host has found to depend on its name. */
const propose = (...found: readonly string[]) => {
  const units = found.map(
    (varying, index) => `unit app@.service app@${index}.service\nType=exec\nActiveState=active\n${varying}`,
  );
  return renderHostsDeployment(adoptHosts([parseHost('a', `addresses\n${units.join('')}`)], []), 'shop').replace(
    /\n +#(?! onward)/g,
    '',
  );
};

describe('adoptHosts()', () => {
  it('marks each setting of a template once that would not be what it was under the name of another instance', () => {
    expect(propose('varying EnvironmentFile\n', 'varying EnvironmentFile\n')).toContain(
      'could not tell: how Onward can run it: its instances get new names with each roll, and EnvironmentFile= of its unit depends on the name (%i): write there what is so for all of them\n',
    );
    expect(propose('varying User\nvarying EnvironmentFile\n')).toContain('and User=, EnvironmentFile= of');
    expect(propose('')).not.toContain('how Onward can run it');
  });
});

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
