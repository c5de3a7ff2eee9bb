#!/usr/bin/env bash
# Guess:     a numeric kernel marked MethodImplOptions.AggressiveOptimization is compiled by itself, once and fully, and its callers call it: the mark takes it out
#            of tiered compilation, so nothing that tiering learns can change its code.
# Version:   .NET 10 (runtime 10.0.12; no packages).
# Behaviour: a caller that is not marked goes through the tiers, and its Tier-1 code has the kernel inlined, loop and all. So the code that runs in the end is
#            not the kernel's own: it is compiled in its caller's frame, with its caller's register pressure and profile. A kernel that must stay as it was compiled
#            (and as it was measured, or read in a disassembly) needs NoInlining beside AggressiveOptimization.
# Seen:      Tier0 and instrumented Tier0 of the caller: `call [Kernels:Dot…]`; Tier1: no such call, the loop in its place. With NoInlining: the call in all three.
# Source:    the JIT's own listings (DOTNET_JitDisasm); the mark's documentation speaks of the first tier and of profiles, and says nothing of inlining:
#            learn.microsoft.com/dotnet/api/system.runtime.compilerservices.methodimploptions
# Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > listing.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using System;
using System.Runtime.CompilerServices;
using System.Threading;

float[] a = new float[64], b = new float[64];
Array.Fill(a, 2f);
Array.Fill(b, 3f);
var sum = 0f;
for (var round = 0; round < 40; round++, Thread.Sleep(20))
{
    for (var i = 0; i < 5000; i++)
    {
        sum += Kernels.Marked(a, b) + Kernels.Kept(a, b);
    }
}

Console.WriteLine(sum > 0);

internal static class Kernels
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Marked(float[] a, float[] b) => 2 * Dot(a, b);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float Kept(float[] a, float[] b) => 2 * DotApart(a, b);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float[] a, float[] b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++)
        {
            sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float DotApart(float[] a, float[] b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++)
        {
            sum = MathF.FusedMultiplyAdd(a[i], b[i], sum);
        }

        return sum;
    }
}
PROGRAM
dotnet build -c Release -v quiet > build.log 2>&1 || { cat build.log; exit 1; }
DOTNET_JitStdOutFile="$work/jit.txt" DOTNET_JitDisasm="Marked Kept" dotnet bin/Release/net10.0/listing.dll

# calls METHOD TIER CALLEE: how often a method's code of that tier calls the kernel.
calls() { awk -v head="Assembly listing for method Kernels:$1(" -v tier="($2)" -v callee="call     [Kernels:$3(" '/Assembly listing/ { on = index($0, head) && index($0, tier) } on && index($0, callee) { n++ } END { print n + 0 }' jit.txt; }
grep -q 'Kernels:Marked(.*(Tier1)' jit.txt || { echo "the caller never reached Tier 1 here"; exit 1; }
echo "marked kernel: calls at Tier0 $(calls Marked Tier0 Dot), at Tier1 $(calls Marked Tier1 Dot); with NoInlining: at Tier0 $(calls Kept Tier0 DotApart), at Tier1 $(calls Kept Tier1 DotApart)"
[ "$(calls Marked Tier0 Dot)" -eq 1 ] && [ "$(calls Marked Tier1 Dot)" -eq 0 ] && [ "$(calls Kept Tier0 DotApart)" -eq 1 ] && [ "$(calls Kept Tier1 DotApart)" -eq 1 ] || { echo "CHANGED"; exit 1; }
echo "as written: inlined in Tier 1"
