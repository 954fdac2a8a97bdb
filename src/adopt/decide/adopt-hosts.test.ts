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
