import { type Facts, type Finding, formatBytes, formatDuration, type PlaceFact } from '../model/index.ts';
import type { DoctorRule } from './rule.ts';

/** Below that, images, logs and what instances write soon have no room. */
const LOW_DISK_BYTES = 1024 ** 3;
/** Below that, a second instance beside the old one hardly starts. */
const LOW_MEMORY_BYTES = 128 * 1024 ** 2;
/** Journals, logs and certificates are compared across machines. */
const CLOCK_SKEW_MS = 5_000;

export const placesRule: DoctorRule = {
  id: 'places',
  title: 'Engines and hosts answer, and have room',
  check: ({ runtimes }: Pick<Facts, 'runtimes'>) => {
    const { places = [], findings = [] } = runtimes ?? {};
    // What asked a place that is away failed of the same.
    const isSaid = ({ message }: Finding) => places.some((fact) => !fact.isReachable && fact.evidence === message);
    return [...places.flatMap(checkPlace), ...findings.filter((finding) => !isSaid(finding))];
  },
};

function checkPlace(fact: PlaceFact): readonly Finding[] {
  const { place, isReachable, evidence } = fact;
  if (isReachable) return [...checkDisk(fact), ...checkMemory(fact), ...checkClock(fact)];
  return [
    {
      code: 'doctor.place-unreachable',
      severity: 'error',
      message: `${place} cannot be reached: ${evidence.replace(/\.$/, '')}.`,
      hint: `Run "${on(fact, fact.runtime === 'ssh' ? 'true' : 'docker info')}" to see why.`,
    },
  ];
}

function checkDisk(fact: PlaceFact): readonly Finding[] {
  const { place, disk } = fact;
  if (!disk || disk.freeBytes >= disk.neededBytes + LOW_DISK_BYTES) return [];
  return [
    {
      code: 'doctor.place-disk',
      severity: 'warning',
      message: `${place} has ${formatBytes(disk.freeBytes)} of its disk free.`,
      hint: `Run "${on(fact, fact.runtime === 'ssh' ? 'df -h' : 'docker system df')}" to see what fills it.`,
    },
  ];
}

function checkMemory(fact: PlaceFact): readonly Finding[] {
  const { place, memory } = fact;
  if (!memory || memory.freeBytes >= memory.neededBytes + LOW_MEMORY_BYTES) return [];
  return [
    {
      code: 'doctor.place-memory',
      severity: 'warning',
      message: `${place} has ${formatBytes(memory.freeBytes)} of memory free: old and new instances may not fit side by side.`,
      hint: `Run "${on(fact, 'free -m')}" to see who uses it.`,
    },
  ];
}

function checkClock(fact: PlaceFact): readonly Finding[] {
  const { place, clockSkewMs = 0 } = fact;
  if (Math.abs(clockSkewMs) < CLOCK_SKEW_MS) return [];
  return [
    {
      code: 'doctor.clock-skew',
      severity: 'warning',
      message: `The clock of ${place} is ${formatDuration(Math.abs(clockSkewMs))} ${clockSkewMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
      hint: `Run "${on(fact, 'timedatectl')}" to see whether it is synchronized.`,
    },
  ];
}

/** A command as it is typed here. */
function on({ login }: PlaceFact, command: string): string {
  return login === undefined ? command : `${login} ${command}`;
}
