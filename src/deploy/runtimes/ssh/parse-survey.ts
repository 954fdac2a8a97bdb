/** What a host said of itself; what it did not say is `undefined`. */
export interface Survey {
  readonly system: string;
  readonly systemd: string;
  /** The same for two names of one machine, and for no two machines, copies of one disk included. */
  readonly machine: string | undefined;
  readonly nowMs: number | undefined;
  readonly diskBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  /** Those that are staged, of the ones that were asked for. */
  readonly artifacts: readonly string[];
  /** Version of the Docker engine, when one answers. */
  readonly docker: string | undefined;
  readonly dockerDiskBytes: number | undefined;
  /** By digest: those that the engine holds, of the ones that were asked for. */
  readonly images: readonly string[];
  /** Units of services that run although Onward has not started them, and that are not on record. */
  readonly foreign: readonly string[];
  /** Memory of units that systemd can tell, and of their containers; by the hex of what each runs. `undefined`: a container that does not tell. */
  readonly used: readonly { readonly service: string; readonly hex: string; readonly bytes: number | undefined }[];
}

/** Reads what `scripts/survey.ts` prints. */
export function parseSurvey(text: string): Survey {
  const lines = text.split('\n').map((line) => /^(\S+) +(.*)$/.exec(line) ?? []);
  const valuesOf = (key: string): readonly string[] =>
    lines.flatMap(([, name, value = '']) => (name === key ? [value] : []));
  const numberOf = (key: string): number | undefined => {
    const [value = ''] = valuesOf(key);
    return /^\d+$/.test(value.trim()) ? Number(value) : undefined;
  };
  const kibibytes = numberOf('memory');
  return {
    system: valuesOf('system')[0] ?? 'unknown system',
    systemd: /^systemd \S+/.exec(valuesOf('systemd')[0] ?? '')?.[0] ?? 'unknown systemd',
    machine: valuesOf('machine')[0],
    nowMs: numberOf('now'),
    diskBytes: numberOf('disk'),
    memoryBytes: kibibytes === undefined ? undefined : kibibytes * 1024,
    artifacts: valuesOf('artifact'),
    docker: valuesOf('docker')[0],
    dockerDiskBytes: numberOf('docker-disk'),
    images: valuesOf('image'),
    foreign: valuesOf('foreign'),
    used: valuesOf('used').flatMap((value) => {
      const [, service, hex = '', bytes] = /^(\S+) (\w+) (-?\d+|unknown)$/.exec(value) ?? [];
      // systemd says 2^64-1, or nothing, where it does not count.
      if (service === undefined || Number(bytes) > 1e15) return [];
      return [{ service, hex, bytes: bytes === 'unknown' ? undefined : Math.max(0, Number(bytes)) }];
    }),
  };
}
