using System.Diagnostics;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Images;

/// <summary>The gradient of the largest value of each window: it goes to that value, to the first of several; what a pixel gets is added in the windows' order.</summary>
internal sealed unsafe class MaxPoolGradient : IStep
{
    private const int BlockChannels = 16;

    private readonly View input;
    private readonly View outputGradient;
    private readonly View inputGradient;
    private readonly PoolingShape windows;
    private readonly int? added;
    private readonly Action<int, int> block;
    private Workspace workspace = null!;

    /// <param name="input">What was pooled.</param>
    /// <param name="outputGradient">The gradient of what came out.</param>
    /// <param name="inputGradient">Receives that of the pixels.</param>
    /// <param name="windows">The windows.</param>
    /// <param name="added">A buffer of the pixels' shape that is added, or null.</param>
    public MaxPoolGradient(View input, View outputGradient, View inputGradient, PoolingShape windows, int? added = null)
    {
        Debug.Assert(input.IsPlain && outputGradient.IsPlain && inputGradient.IsPlain && input.Channels == inputGradient.Channels && input.Pixels == inputGradient.Pixels, "shapes must be equal");
        (this.input, this.outputGradient, this.inputGradient, this.windows, this.added, block) = (input, outputGradient, inputGradient, windows, added, Block);
    }

    private int Stride => inputGradient.Segments[0].Stride;

    private int Blocks => Stride / BlockChannels;

    public ScratchNeed Scratch(int images, int threads) => default;

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(workspace.Images * Blocks, block);
    }

    private void Block(int worker, int item)
    {
        var (image, first) = (item / Blocks, item % Blocks * BlockChannels);
        var place = ((nint)image * input.Pixels * Stride) + first;
        float* x = workspace.Pointer(input.Segments[0].Buffer) + place, dx = workspace.Pointer(inputGradient.Segments[0].Buffer) + place;
        var dy = workspace.Pointer(outputGradient.Segments[0].Buffer) + ((nint)image * outputGradient.Pixels * Stride) + first;
        var channels = Math.Min(BlockChannels, input.Channels - first);
        Begin(dx, added is { } a ? workspace.Pointer(a) + place : null, channels);
        for (var window = 0; window < outputGradient.Pixels; window++, dy += Stride)
        {
            var (top, bottom) = windows.Pixels(window / outputGradient.Width, input.Height);
            var (left, right) = windows.Pixels(window % outputGradient.Width, input.Width);
            for (var c = 0; c < channels; c++)
            {
                var largest = ((nint)((top * input.Width) + left) * Stride) + c;
                for (var y = top; y < bottom; y++)
                {
                    for (var at = left; at < right; at++)
                    {
                        var pixel = ((nint)((y * input.Width) + at) * Stride) + c;
                        largest = x[pixel] > x[largest] ? pixel : largest;
                    }
                }

                dx[largest] += dy[c];
            }
        }
    }

    private void Begin(float* dx, float* other, int channels)
    {
        for (var pixel = 0; pixel < input.Pixels; pixel++, dx += Stride)
        {
            new Span<float>(dx, BlockChannels).Clear();
            if (other is not null)
            {
                new Span<float>(other, channels).CopyTo(new Span<float>(dx, channels));
                other += Stride;
            }
        }
    }
}
