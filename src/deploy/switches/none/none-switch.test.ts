import { describe, expect, it } from 'vitest';
import { createNoneSwitch } from '../index.ts';

describe('the switch of a service that nobody routes to', () => {
  it('obeys everything, does nothing, and has nothing to observe', async () => {
    const none = createNoneSwitch();
    await none.open({ service: 'api', mode: 'http', listen: { host: '127.0.0.1', port: 1 } }, 1);
    await none.change('api', { targets: [], isHeld: true }, 1);
    expect(await none.observe('api')).toBeUndefined();
    await none.close('api', 1);
  });
});
