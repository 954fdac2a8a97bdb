import { describeSweep } from './sweep.ts';
import { createTakenHosts } from './taken-hosts.ts';

describeSweep('units of before behind HAProxy', createTakenHosts);
