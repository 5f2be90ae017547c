import 'reflect-metadata';
import { ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { runProgram, say } from '../harness/program.js';
import { UsualStackModule } from '../usual-stack/usual-stack.module.js';

export interface UsualStackTask {
  databaseUrl: string;
  poolSize: number;
}

// What the list is compared to: Nest on Express, TypeORM entities, class-validator and class-transformer.

runProgram<UsualStackTask>(async ({ databaseUrl, poolSize }) => {
  const module = UsualStackModule.forRoot(databaseUrl, poolSize);
  const app = await NestFactory.create(module, new ExpressAdapter(), { logger: ['error', 'warn'] });
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }));
  await app.listen(0, '127.0.0.1');
  say({ port: Number(new URL(await app.getUrl()).port) });
});
