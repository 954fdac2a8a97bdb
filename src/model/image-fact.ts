import type { Digest } from './identity.ts';

/** What the registry has of an image that a release pins; only looked at for `onward doctor`. */
export interface ImageFact {
  /** The release that pins it, and the services that it is for. */
  readonly release: string;
  readonly services: readonly string[];
  /** Registry and repository. */
  readonly image: string;
  readonly pinned: Digest;
  /** What pointed to it when the release was built. */
  readonly tag?: string;
  /** What the tag points to now; left out when it is gone, or was never there. */
  readonly pointsTo?: Digest;
  /** Whether the registry still has what is pinned. Left out, nothing could be told, and `unknown` says why. */
  readonly isThere?: boolean;
  readonly unknown?: string;
}
