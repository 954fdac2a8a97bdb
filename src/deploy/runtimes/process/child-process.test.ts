import { describe, expect, it } from 'vitest';
import { specOf } from '../../../../test/support/instances.ts';
import { childArgv, childEnvironment } from './child-process.ts';

const address = { host: '127.0.0.1', port: 4_001 };

describe('childArgv()', () => {
  const argv = (...command: string[]) => childArgv(specOf('/state/artifacts/ab', 'api-1', { command }), '/opt/node');

  it('runs node with the Node that runs Onward', () => {
    expect(argv('node', 'main.js', '--port')).toEqual(['/opt/node', 'main.js', '--port']);
  });

  it('takes an absolute path as it is, and any other program from the artifact', () => {
    expect(argv('/usr/bin/env', 'x')).toEqual(['/usr/bin/env', 'x']);
    expect(argv('bin/server', '../x')).toEqual(['/state/artifacts/ab/bin/server', '../x']);
    expect(argv('server')).toEqual(['/state/artifacts/ab/server']);
  });

  it.each(['../server', 'bin/../../other/server', '.', ''])(
    'refuses %j, which is no file of the artifact',
    (program) => {
      expect(() => argv(program)).toThrow(expect.objectContaining({ code: 'runtime.program-outside' }));
    },
  );
});

describe('childEnvironment()', () => {
  it('holds the specification, where to listen, and who it is', () => {
    const spec = specOf('/artifact', 'api-1', { environment: { COLOUR: 'green' } });
    expect(childEnvironment(spec, address, { PATH: '/bin', LD_PRELOAD: 'x', HOME: undefined })).toEqual({
      ...{ PATH: '/bin', COLOUR: 'green', PORT: '4001', HOST: '127.0.0.1', PGAPPNAME: 'api@1.2.0' },
      ...{ ONWARD_SERVICE: 'api', ONWARD_RELEASE: '1.2.0', ONWARD_INSTANCE: 'api-1' },
    });
  });

  it('lets the specification choose all but where to listen and who it is', () => {
    const environment = { PATH: '/own', PGAPPNAME: 'mine', PORT: '1', HOST: '0.0.0.0', ONWARD_INSTANCE: 'other' };
    expect(childEnvironment(specOf('/artifact', 'api-1', { environment }), address, { PATH: '/bin' })).toMatchObject({
      ...{ PATH: '/own', PGAPPNAME: 'mine', PORT: '4001', HOST: '127.0.0.1', ONWARD_INSTANCE: 'api-1' },
    });
  });
});
