using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Memory for kernels, filled with standard normals.</summary>
internal static class Floats
{
    public static AlignedMemory Normals(long count)
    {
        var memory = new AlignedMemory(sizeof(float) * count);
        unsafe
        {
            CounterNoise.Gaussian(1, 2, new Span<float>(memory.Floats, (int)count));
        }

        return memory;
    }
}
