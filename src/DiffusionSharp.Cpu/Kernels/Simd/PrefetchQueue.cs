using System.Runtime.CompilerServices;

namespace DiffusionSharp.Cpu.Kernels.Simd;

/// <summary>
/// Memory that the next products read, asked for a little at a time while one is computed: the processor foresees what lies in a row, not
/// where the next row begins.
/// </summary>
/// <param name="far">Weights that lie in memory and are needed after them, or null.</param>
/// <param name="farCount">How many.</param>
/// <param name="weights">The weights they read, or null.</param>
/// <param name="weightCount">How many.</param>
/// <param name="inputs">The inputs they read, or null.</param>
/// <param name="inputCount">How many.</param>
internal unsafe ref struct PrefetchQueue(float* far, nint farCount, float* weights, nint weightCount, float* inputs, nint inputCount)
{
    /// <summary>Where the next lines begin; somewhere else when all have been asked for.</summary>
    /// <param name="lines">Lines that will be asked for.</param>
    /// <param name="otherwise">Memory that is in the cache.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Take(nint lines, float* otherwise)
    {
        var count = lines * Prefetch.LineFloats;
        if (farCount > 0)
        {
            farCount -= count;
            return (far += count) - count;
        }

        if (weightCount > 0)
        {
            weightCount -= count;
            return (weights += count) - count;
        }

        if (inputCount > 0)
        {
            inputCount -= count;
            return (inputs += count) - count;
        }

        return otherwise;
    }
}
