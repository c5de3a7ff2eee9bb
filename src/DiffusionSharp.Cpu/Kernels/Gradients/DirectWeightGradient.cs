using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Parameters;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// The gradient to the weights of a convolution of any kernel, stride and padding, and of every matrix: for each tap, a product of the pixels
/// it met and the gradients of the outputs there, one chain over an image's pixels, then the images' tree. Pixels outside the image are
/// left out.
/// </summary>
internal sealed unsafe class DirectWeightGradient<T> : IStep, IDisposable
    where T : unmanaged, ISimd<T>
{
    // Whole tiles of both heights.
    private const int BlockInputs = 48;
    private const int BlockOutputs = 2 * PanelLayout.Panel;
    private const int BlockFloats = BlockInputs * BlockOutputs;

    private readonly View input;
    private readonly View outputGradient;
    private readonly WeightTarget target;
    private readonly ChannelBlock[] blocks;
    private readonly int columns;
    private readonly AlignedMemory pixels;
    private readonly (int First, int Count)[] taps;
    private readonly Action<int, int> multiply;
    private Workspace workspace = null!;

    /// <param name="input">What the convolution read.</param>
    /// <param name="outputGradient">The gradient of what it wrote.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="target">Where the result goes.</param>
    public DirectWeightGradient(View input, View outputGradient, ConvolutionShape shape, WeightTarget target)
    {
        (this.input, this.outputGradient, this.target) = (input, outputGradient, target);
        blocks = [.. ChannelBlock.Split(input, BlockInputs)];
        columns = (outputGradient.Channels + BlockOutputs - 1) / BlockOutputs;
        (pixels, taps) = Meetings(input, shape);
        multiply = Multiply;
    }

    public ScratchNeed Scratch(int images, int threads) => new(0, (1 + ImageTree.Levels(images)) * (long)BlockFloats);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        workspace.Team.For(taps.Length * blocks.Length * columns, multiply);
    }

    public void Dispose() => pixels.Dispose();

    // For each tap the inputs that it meets, and the outputs that it meets them for.
    private static (AlignedMemory Pixels, (int First, int Count)[] Taps) Meetings(View input, ConvolutionShape shape)
    {
        var (inputs, outputs, ranges) = (new List<int>(), new List<int>(), new List<(int, int)>());
        foreach (var tap in TapPhase.Forward(shape)[0].Taps)
        {
            var first = inputs.Count;
            for (var pixel = 0; pixel < shape.Pixels; pixel++)
            {
                var (y, x) = Math.DivRem(pixel, shape.Width);
                if (input.Pixel((y * shape.Stride) + tap.Y, (x * shape.Stride) + tap.X) is >= 0 and var source)
                {
                    inputs.Add(source);
                    outputs.Add(pixel);
                }
            }

            ranges.Add((first, inputs.Count - first));
        }

        var memory = new AlignedMemory(2L * sizeof(int) * Math.Max(1, inputs.Count));
        for (var i = 0; i < inputs.Count; i++)
        {
            ((int*)memory.Floats)[i] = inputs[i];
            ((int*)memory.Floats)[inputs.Count + i] = outputs[i];
        }

        return (memory, [.. ranges]);
    }

    private void Multiply(int worker, int item)
    {
        var (rest, column) = Math.DivRem(item, columns);
        var (tap, b) = Math.DivRem(rest, blocks.Length);
        var (block, output) = (blocks[b], column * BlockOutputs);
        var sums = workspace.Own(worker);
        var images = workspace.Images;
        for (var image = 0; image < images; image++)
        {
            Multiply(image, tap, block, output, sums);
            Join(sums, sums + BlockFloats, image, images, (nint)block.Channels * BlockOutputs);
        }

        Store(sums, block, output, tap);
    }

    private void Multiply(int image, int tap, ChannelBlock block, int output, float* sums)
    {
        var (first, count) = taps[tap];
        var inputRows = (int*)pixels.Floats + first;
        var outputRows = inputRows + taps[^1].First + taps[^1].Count;
        var x = input.Of(block.Segment, workspace).At(image, 0) + block.Channel;
        var gradient = outputGradient.Segments[0];
        var y = outputGradient.Of(gradient, workspace).At(image, 0) + output;
        var width = Math.Min(BlockOutputs, gradient.Stride - output);
        for (var row = 0; row < block.Channels; row += T.TileRows)
        {
            for (var column = 0; column < width; column += 2 * T.Width)
            {
                WeightTile.Gather<T>(
                    x + row, block.Segment.Stride, inputRows, y + column, gradient.Stride, outputRows, count, sums + (row * BlockOutputs) + column, BlockOutputs);
            }
        }
    }

    // Adds the sums that wait for this image's, and lets the result wait; that of the last image stays where it is.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Join(float* sums, float* levels, int image, int images, nint count)
    {
        var joins = ImageTree.Joins(image, images);
        var result = ImageTree.Level(image, images) is { } level ? levels + (level * BlockFloats) : sums;
        for (nint i = 0; i < count; i += T.Width)
        {
            var sum = T.Load(sums + i);
            for (var waiting = joins; waiting != 0; waiting &= waiting - 1)
            {
                sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(waiting) * BlockFloats) + i), sum);
            }

            T.Store(sum, result + i);
        }
    }

    private void Store(float* sums, ChannelBlock block, int output, int tap)
    {
        for (var panel = 0; panel < BlockOutputs; panel += PanelLayout.Panel)
        {
            for (var row = 0; row < block.Channels; row++)
            {
                var place = target.Start + target.Place(output + panel, block.WeightRow + row, tap);
                new Span<float>(sums + (row * BlockOutputs) + panel, PanelLayout.Panel).CopyTo(new Span<float>(place, PanelLayout.Panel));
                target.ClearRest(output + panel, place);
            }
        }
    }
}
