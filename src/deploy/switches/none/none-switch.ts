import type { Switch } from '../switch.ts';

/** For services that nobody routes to: there is nothing to observe and nothing to change. */
export function createNoneSwitch(): Switch {
  return {
    observe: async () => undefined,
    open: async () => {},
    change: async () => {},
    close: async () => {},
  };
}
