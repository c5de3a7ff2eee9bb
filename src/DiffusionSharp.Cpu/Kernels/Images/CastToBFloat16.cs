using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Rounds a buffer to bfloat16, into one of half its size: value after value, where they lie.</summary>
internal sealed unsafe class CastToBFloat16<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly int from;
    private readonly int to;
    private readonly long floats;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    /// <param name="from">The buffer that is read.</param>
    /// <param name="to">The buffer that is written.</param>
    /// <param name="floats">Values of one image, whole vectors.</param>
    public CastToBFloat16(int from, int to, long floats)
    {
        (this.from, this.to, this.floats) = (from, to, floats);
        apply = Apply;
    }

    /// <summary>Size of a buffer that holds so many values in 16 bits, in float32 values: half as many, rounded up to whole vectors.</summary>
    public static long Half(long floats) => ((floats / 2) + 15) & ~15;

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(Chunk.Count(workspace.Images * floats), apply);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Apply(int worker, int item)
    {
        var (first, count) = Chunk.Range(item, workspace.Images * floats);
        var x = workspace.Pointer(from) + first;
        var y = (ushort*)workspace.Pointer(to) + first;
        for (nint i = 0; i < count; i += T.Width)
        {
            T.StoreBFloat16(T.Load(x + i), y + i);
        }
    }
}
