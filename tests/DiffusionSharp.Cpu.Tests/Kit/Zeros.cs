using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>What lies outside images.</summary>
internal static class Zeros
{
    public static unsafe AlignedMemory New()
    {
        const int Count = 1024;
        var zeros = new AlignedMemory(sizeof(float) * Count);
        new Span<float>(zeros.Floats, Count).Clear();
        return zeros;
    }
}
