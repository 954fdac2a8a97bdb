/** One unit of a host as it was seen; of a template, one of its instances. */
export interface ObservedUnit {
  /** As in `search.service`, or the template `worker@.service`. */
  readonly unit: string;
  /** As in `worker@1.service`. */
  readonly instance: string;
  readonly isActive: boolean;
  /** `Type=` of the unit. */
  readonly type: string;
  /** Program and arguments of `ExecStart=`. */
  readonly command: readonly string[];
  readonly environmentFiles: readonly string[];
  /** Names of its variables. */
  readonly variables: readonly string[];
  /** Variables that say where a database is; passwords are taken out before they leave the host. */
  readonly database: { readonly [name: string]: string };
  /** Ports that its processes listen on. */
  readonly ports: readonly number[];
}

export interface ObservedHost {
  readonly host: string;
  readonly units: readonly ObservedUnit[];
}
