#!/usr/bin/env bash
# Guess:     numeric code that asks Avx2.IsSupported, Fma.IsSupported or Vector256.IsHardwareAccelerated chooses its path when it runs, with native AOT as with the
#            JIT: the question is compiled as a look at the processor, as it is for AES.
# Version:   .NET 10 SDK (ILCompiler as the SDK brings it, 10.0.x); x64.
# Behaviour: for sets whose instructions have SSE's encoding (AES, for one, which is not among those a build assumes) the question is asked at run time. For those with AVX's encoding (AVX2, FMA, and with them
#            Vector256 and Vector512) it is a constant of the build: false, unless IlcInstructionSet names a set that has them, and then the program refuses to
#            run on a processor without them. So one native program holds no second path for wider vectors, and Math.FusedMultiplyAdd without FMA is a call of the C
#            library for each number. Who wants both builds two programs, or brings a JIT.
# Seen:      jit    aes True avx2 True fma True v256 True
#            aot    aes True avx2 False fma False v256 False
#            aot-v3 aes True avx2 True fma True v256 True
# Source:    github.com/dotnet/runtime, src/coreclr/tools/Common/InstructionSetHelpers.cs; the programs' own answers.
# Needs:     a processor with AVX2, and a linker for native AOT (clang, zlib's headers). Fails if that changes.
set -euo pipefail
grep -q ' avx2 ' /proc/cpuinfo || { echo "this processor has no AVX2: nothing to see"; exit 1; }
command -v clang > /dev/null || { echo "native AOT links with clang: apt-get install clang zlib1g-dev"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > asks.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><InvariantGlobalization>true</InvariantGlobalization></PropertyGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

Console.WriteLine($"aes {Aes.IsSupported} avx2 {Avx2.IsSupported} fma {Fma.IsSupported} v256 {Vector256.IsHardwareAccelerated}");
PROGRAM
dotnet build -c Release -v quiet > build.log 2>&1 || { cat build.log; exit 1; }
native() { dotnet publish -c Release -r linux-x64 -p:PublishAot=true "$@" -v quiet > build.log 2>&1 || { cat build.log; exit 1; }; }
jit=$(dotnet bin/Release/net10.0/asks.dll)
native -o plain
native -o v3 -p:IlcInstructionSet=x86-64-v3
aot=$(plain/asks) v3=$(v3/asks)
printf 'jit    %s\naot    %s\naot-v3 %s\n' "$jit" "$aot" "$v3"
all="aes True avx2 True fma True v256 True"
[ "$jit" = "$all" ] && [ "$aot" = "aes True avx2 False fma False v256 False" ] && [ "$v3" = "$all" ] || { echo "CHANGED"; exit 1; }
echo "as written: a constant of the build"
