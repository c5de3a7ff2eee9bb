using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Kernels.Sums;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>Some channels of an image, which is the gradient of joining them with others.</summary>
internal sealed unsafe class Split<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private readonly View input;
    private readonly int first;
    private readonly Segment output;
    private readonly int? added;
    private readonly Action<int, int> chunk;
    private Workspace workspace = null!;

    /// <param name="input">The joined channels.</param>
    /// <param name="first">The first that is taken.</param>
    /// <param name="output">Receives as many as it has.</param>
    /// <param name="added">A buffer of the output's shape that is added, or null.</param>
    public Split(View input, int first, Segment output, int? added = null)
    {
        Debug.Assert(input.IsPlain && first >= 0 && first + output.Channels <= input.Channels, "the part must lie within");
        (this.input, this.first, this.output, this.added, chunk) = (input, first, output, added, Chunk);
    }

    private int Chunks => ChunkSums.Chunks(input.Pixels);

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, chunk);
    }

    private void Chunk(int worker, int item)
    {
        var (image, part) = Math.DivRem(item, Chunks);
        var pixel = part * ChunkSums.Pixels;
        var target = new GradientPixels<T>(workspace, output, added, ((nint)image * input.Pixels) + pixel);
        for (var i = 0; i < ChunkSums.PixelsOf(part, input.Pixels); i++)
        {
            target.Write(input.Locate(input.Segments[0], workspace).At(image, pixel + i) + first, 1);
        }
    }
}
