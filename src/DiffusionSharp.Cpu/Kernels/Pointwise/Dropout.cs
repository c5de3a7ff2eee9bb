using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Cpu.Kernels.Pointwise;

/// <summary>Values by the factors of dropout's mask, forward and backward.</summary>
internal sealed unsafe class Dropout<T> : IStep
    where T : unmanaged, ISimd<T>
{
    private const int ChunkPixels = 64;

    private readonly View input;
    private readonly Segment output;
    private readonly (double Probability, int Node) mask;
    private readonly Action<int, int> apply;
    private Workspace workspace = null!;

    public Dropout(View input, Segment output, (double Probability, int Node) mask)
    {
        (this.input, this.output, this.mask) = (input, output, mask);
        apply = Apply;
    }

    private int Chunks => (input.Pixels + ChunkPixels - 1) / ChunkPixels;

    public ScratchNeed Scratch(int images, int threads) => new(0, output.Stride);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Chunks, apply);
    }

    /// <summary>Multiplies some pixels of an image by their factors.</summary>
    /// <param name="workspace">Tells the update.</param>
    /// <param name="mask">Which mask.</param>
    /// <param name="image">The image.</param>
    /// <param name="pixel">The first pixel.</param>
    /// <param name="pixels">How many.</param>
    /// <param name="channels">Channels of a pixel.</param>
    /// <param name="x">The first pixel's values, a rounded number of channels apart.</param>
    /// <param name="y">Where the results go; may be where the values are.</param>
    /// <param name="factors">Scratch for one pixel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Workspace workspace, (double Probability, int Node) mask, int image, int pixel, int pixels, int channels, float* x, float* y, float* factors)
    {
        var (update, stride) = (workspace.Update, Segment.Round(channels));
        new Span<float>(factors + channels, stride - channels).Clear();
        for (var end = pixel + pixels; pixel < end; pixel++, x += stride, y += stride)
        {
            var place = (long)pixel * channels;
            DropoutMask.Fill(update.Seed, update.Step, update.FirstImage + image, mask.Node, mask.Probability, place, new Span<float>(factors, channels));
            for (nint c = 0; c < stride; c += T.Width)
            {
                T.Store(T.Multiply(T.Load(x + c), T.Load(factors + c)), y + c);
            }
        }
    }

    private void Apply(int worker, int item)
    {
        var (image, chunk) = Math.DivRem(item, Chunks);
        var pixel = chunk * ChunkPixels;
        var place = (((nint)image * input.Pixels) + pixel) * output.Stride;
        float* x = workspace.Pointer(input.Segments[0].Buffer) + place, y = workspace.Pointer(output.Buffer) + place;
        Apply(workspace, mask, image, pixel, Math.Min(ChunkPixels, input.Pixels - pixel), output.Channels, x, y, workspace.Own(worker));
    }
}
