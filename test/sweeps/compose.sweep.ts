import { describeSweep } from './sweep.ts';
import { createSweptCompose } from './swept-compose.ts';

describeSweep('containers of Compose behind HAProxy', createSweptCompose);
