import type { SwitchState } from './state.ts';

/** What a switch tells its successor: its state and which listening sockets will follow, then each of them. */
export type HandOverMessage =
  | { readonly type: 'state'; readonly state: SwitchState; readonly services: readonly string[] }
  | { readonly type: 'listener'; readonly service: string };
