import { Global, Module } from '@nestjs/common';
import { RefreshService } from './refresh.service.js';
import { SourceRuntimes } from './source-runtimes.js';

/** What the roles `api` and `poller` share in one process. Global, so that there is one of it: the module that ends last. */
@Global()
@Module({
  providers: [SourceRuntimes, RefreshService],
  exports: [SourceRuntimes, RefreshService],
})
export class SourceRuntimesModule {}
