import type { SwitchConfig } from '../../../model/index.ts';

export type HaproxyConfig = Extract<SwitchConfig, { readonly kind: 'haproxy' }>;
