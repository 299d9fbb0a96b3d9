// A Backstage backend without a frontend: what a portal needs to run software templates, and nothing else.
'use strict';

const { createBackend } = require('@backstage/backend-defaults');

const features = [
  import('@backstage/plugin-catalog-backend'),
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
  import('@backstage/plugin-scaffolder-backend'),
  import('@backstage/plugin-scaffolder-backend-module-github'),
  import('@roadiehq/scaffolder-backend-module-http-request'),
  import('@backstage/plugin-proxy-backend'),
  import('@backstage/plugin-auth-backend'),
  import('@backstage/plugin-auth-backend-module-guest-provider'),
  import('@backstage/plugin-mcp-actions-backend'),
];

const backend = createBackend();
features.forEach(feature => backend.add(feature));

backend.start().then(
  () => console.log('BACKSTAGE_READY'),
  error => {
    console.error('BACKSTAGE_FAILED', error);
    process.exit(1);
  },
);
