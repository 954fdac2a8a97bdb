import { listenOn } from './live-frontend.ts';
import { takeOwnership } from './ownership.ts';
import type { Place } from './place.ts';
import { SwitchProcess } from './switch-process.ts';

/** Becomes the switch as the state file says. `undefined` when another process is it. */
export async function startSwitch(place: Place): Promise<SwitchProcess | undefined> {
  const ownership = await takeOwnership(place);
  if (!ownership) return undefined;
  const started = new SwitchProcess(place, await place.stateFile.load());
  await started.takeOffice(ownership, async () => {
    for (const live of started.switchboard.frontends.values()) {
      // Opening it again says what is in the way.
      await listenOn(live).catch(({ message }) => place.log.write(message));
    }
  });
  return started;
}
