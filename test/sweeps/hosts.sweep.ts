import { describeSweep } from './sweep.ts';
import { createSweptHosts } from './swept-hosts.ts';

describeSweep('units of hosts behind HAProxy', createSweptHosts);
