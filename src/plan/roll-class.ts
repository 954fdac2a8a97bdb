import type { Facts, PlaceFact, Release, RollClass, Service } from '../model/index.ts';

/** The operator's word, then the vendor's, then what a switch in front makes possible. */
export function chooseRollClass(service: Service, release: Release): RollClass {
  const vendor = release.services.find((candidate) => candidate.name === service.name)?.roll;
  return service.roll ?? vendor ?? (service.switch.kind === 'none' ? 'overlap' : 'start-first');
}

/** How a service rolls where it runs: old and new at once only where both can be, unless the operator has said that it shall be so. */
export function chooseRoll(
  facts: Pick<Facts, 'runtimes'>,
  service: Service,
  release: Release,
): { readonly class: RollClass; readonly because?: string } {
  const wanted = chooseRollClass(service, release);
  const because = service.roll === undefined ? explainNotAtOnce(facts, service, wanted) : undefined;
  return because === undefined ? { class: wanted } : { class: 'stop-first', because };
}

/** Why an old and a new instance cannot run at once although the class needs it; half a sentence. */
export function explainNotAtOnce(
  { runtimes }: Pick<Facts, 'runtimes'>,
  service: Service,
  wanted: RollClass,
): string | undefined {
  if (!runtimes || (wanted !== 'start-first' && wanted !== 'overlap')) return undefined;
  const exclusive = runtimes.exclusive.find((candidate) => candidate.service === service.name);
  if (exclusive) return exclusive.why;
  const short = runtimes.places.filter((place) => isPlaceOf(place, service)).find(isShortOfMemory);
  return short && `${short.place} has too little memory for old and new instances at once`;
}

function isPlaceOf({ runtime, place }: PlaceFact, { runtime: config }: Service): boolean {
  if (config.kind !== runtime) return false;
  return config.kind !== 'ssh' || config.hosts.includes(place);
}

/** Where it cannot be told, nothing speaks against it: the kernel and the limits of compose.yaml and units are there. */
function isShortOfMemory({ memory }: PlaceFact): boolean {
  return memory !== undefined && memory.neededBytes > memory.freeBytes;
}
