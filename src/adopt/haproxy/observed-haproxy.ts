/** A HAProxy of the operator's as it was seen, with how its paths and ports are reached from this machine. */
export interface ObservedHaproxy {
  /** As people call it: `edge` of compose.yaml, or `haproxy.service`. */
  readonly name: string;
  /** Its program with its words; empty: those of its image. */
  readonly words: readonly string[];
  /** Files of its configuration that could be read; `path` is where HAProxy itself finds them. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Of one in a container: which of its folders are folders of this machine, and which of its ports are ports of it. */
  readonly container?: {
    readonly mounts: readonly { readonly kind: string; readonly source?: string; readonly target: string }[];
    /** `host`: it uses the network of the machine. */
    readonly ports:
      | readonly { readonly target: number; readonly published?: string; readonly hostIp?: string }[]
      | 'host';
  };
  /** What `${NAME}` stands for in its configuration. */
  readonly variables: { readonly [name: string]: string };
}
