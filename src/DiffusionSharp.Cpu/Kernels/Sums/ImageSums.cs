using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Sums;

/// <summary>The gradient to a parameter of which each image has a row: the rows' sum in the images' tree.</summary>
internal sealed unsafe class ImageSums<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int ChunkFloats = 1024;

    private readonly Segment rows;
    private readonly int first;
    private readonly int count;
    private readonly int valid;
    private readonly ParameterPlace target;
    private readonly Action<int, int> add;
    private Workspace workspace = null!;

    /// <param name="rows">The images' rows.</param>
    /// <param name="first">Place of the first value in a row.</param>
    /// <param name="count">Values, a multiple of the widest vectors.</param>
    /// <param name="valid">The values that mean something; zero takes the place of those behind them.</param>
    /// <param name="target">Where the result goes.</param>
    public ImageSums(Segment rows, int first, int count, int valid, ParameterPlace target)
    {
        (this.rows, this.first, this.count, this.valid, this.target) = (rows, first, count, valid, target);
        add = Add;
    }

    private int Chunks => (count + ChunkFloats - 1) / ChunkFloats;

    public ScratchNeed Scratch(int images, int threads) => new(0, ImageTree.Levels(images) * (long)PanelLayout.Panel);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(Chunks, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add(int worker, int chunk)
    {
        var levels = workspace.Own(worker);
        var images = workspace.Images;
        var end = Math.Min(count, (chunk + 1) * ChunkFloats);
        for (var i = chunk * ChunkFloats; i < end; i += T.Width)
        {
            var row = workspace.Pointer(rows.Buffer) + first + i;
            for (var image = 0; image < images; image++, row += rows.Stride)
            {
                var sum = T.Load(row);
                for (var waiting = ImageTree.Joins(image, images); waiting != 0; waiting &= waiting - 1)
                {
                    sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(waiting) * PanelLayout.Panel)), sum);
                }

                T.Store(sum, ImageTree.Level(image, images) is { } level ? levels + (level * PanelLayout.Panel) : target.Floats + i);
            }
        }

        if (end == count)
        {
            new Span<float>(target.Floats + valid, count - valid).Clear();
        }
    }
}
