using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Writes in float32 what <see cref="CastToBFloat16{T}"/> left in bfloat16; nothing is rounded.</summary>
internal sealed unsafe class CastToFloat32<T> : IStep
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
    public CastToFloat32(int from, int to, long floats)
    {
        (this.from, this.to, this.floats) = (from, to, floats);
        apply = Apply;
    }

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
        var x = (ushort*)workspace.Pointer(from) + first;
        var y = workspace.Pointer(to) + first;
        for (nint i = 0; i < count; i += T.Width)
        {
            T.Store(T.LoadBFloat16(x + i), y + i);
        }
    }
}
