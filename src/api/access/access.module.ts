import { Module } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { CONFIG, Config } from '../../config/config.js';
import { AuditStore } from '../../storage/audit.store.js';
import { Database } from '../../storage/database.js';
import { PageCursors } from '../../storage/page-cursor.js';
import { SettingStore } from '../../storage/setting.store.js';
import { TokenStore } from '../../storage/token.store.js';
import { AuditGuard } from './audit.guard.js';
import { AuditLog } from './audit.log.js';
import { OidcVerifier } from './oidc.verifier.js';
import { ParameterPipe } from '../http/parameter.pipe.js';
import { ScopeGuard } from './scope.guard.js';
import { TokenThrottle } from './throttle.guard.js';
import { GuessThrottle } from './throttle.guesses.js';
import { BoundedWindows } from './throttle.storage.js';
import { TokenGuard } from './token.guard.js';

/** Who may ask what, and how a question is read: of every route of every process, whatever its roles. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      inject: [CONFIG],
      useFactory: ({ server: { rateLimit } }: Config) => ({
        throttlers: [{ name: 'token', limit: rateLimit.requests, ttl: rateLimit.windowMs }],
        storage: new BoundedWindows(),
      }),
    }),
  ],
  providers: [
    ...[TokenStore, AuditStore, SettingStore].map((store: new (database: Database) => object) => ({
      provide: store,
      useFactory: (database: Database) => new store(database),
      inject: [Database],
    })),
    {
      provide: PageCursors,
      useFactory: (settings: SettingStore) => new PageCursors(settings),
      inject: [SettingStore],
    },
    AuditLog,
    OidcVerifier,
    GuessThrottle,
    // in this order: who asks, how often, whether they may, and what they are about to do
    { provide: APP_GUARD, useClass: TokenGuard },
    { provide: APP_GUARD, useClass: TokenThrottle },
    { provide: APP_GUARD, useClass: ScopeGuard },
    { provide: APP_GUARD, useClass: AuditGuard },
    { provide: APP_PIPE, useClass: ParameterPipe },
  ],
  exports: [TokenStore, AuditStore, SettingStore, PageCursors, AuditLog],
})
export class AccessModule {}
