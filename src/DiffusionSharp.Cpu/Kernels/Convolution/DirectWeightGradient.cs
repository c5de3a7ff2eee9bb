using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// The gradient to the weights of a convolution of any kernel, stride and padding, and of every matrix: for each tap, a product of the pixels
/// it met and the gradients of the outputs there, one chain over an image's pixels, then the images' tree. Pixels outside the image are
/// left out. Blocks of channels are first laid side by side, as products read them.
/// </summary>
internal sealed unsafe class DirectWeightGradient<T> : IStep, IImageBlocks, IDisposable
    where T : unmanaged, ISimd<T>
{
    // Whole tiles of both heights.
    private const int BlockInputs = 48;
    private const int WholeTiles = 12;
    private const int BlockOutputs = WeightTarget.RowOutputs;
    private const int ChunkPixels = 64;

    private readonly View input;
    private readonly View outputGradient;
    private readonly WeightTarget target;
    private readonly ChannelBlock[] inputs;
    private readonly ChannelBlock[] outputs;
    private readonly nint[] places;
    private readonly nint imageFloats;
    private readonly BlockTree<T> tree;
    private readonly AlignedMemory meetings;
    private readonly (int First, int Count)[] taps;
    private readonly int allMeetings;

    /// <param name="input">What the convolution read.</param>
    /// <param name="outputGradient">The gradient of what it wrote.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="target">Where the result goes.</param>
    public DirectWeightGradient(View input, View outputGradient, ConvolutionShape shape, WeightTarget target)
    {
        (this.input, this.outputGradient, this.target) = (input, outputGradient, target);
        inputs = [.. ChannelBlock.Split(input, BlockInputs)];
        outputs = [.. ChannelBlock.Split(outputGradient, BlockOutputs)];
        places = new nint[inputs.Length + outputs.Length];
        for (var b = 0; b < places.Length; b++)
        {
            places[b] = imageFloats;
            imageFloats += b < inputs.Length ? (nint)input.Pixels * inputs[b].Stride : (nint)outputGradient.Pixels * outputs[b - inputs.Length].Stride;
        }

        (meetings, taps) = Meetings(input, shape);
        allMeetings = taps.Sum(t => t.Count);
        var blockRows = (inputs.Max(b => b.Channels) + WholeTiles - 1) / WholeTiles * WholeTiles;
        tree = new BlockTree<T>(this, taps.Length * inputs.Length * outputs.Length, blockRows * BlockOutputs, imageFloats, scratch: 0);
    }

    private int InputChunks => (input.Pixels + ChunkPixels - 1) / ChunkPixels;

    private int OutputChunks => (outputGradient.Pixels + ChunkPixels - 1) / ChunkPixels;

    /// <inheritdoc/>
    public int ReadyItems => InputChunks + OutputChunks;

    public ScratchNeed Scratch(int images, int threads) => tree.Scratch(images, threads);

    public void Run(Workspace workspace) => tree.Run(workspace);

    /// <inheritdoc/>
    public void Ready(Workspace workspace, int image, int item, float* ready)
    {
        if (item < InputChunks)
        {
            Arrange(workspace, input, inputs, image, item, ready, 0);
        }
        else
        {
            Arrange(workspace, outputGradient, outputs, image, item - InputChunks, ready, inputs.Length);
        }
    }

    /// <inheritdoc/>
    public void Multiply(int number, float* ready, float* block, float* scratch)
    {
        var (tap, a, b) = PlaceOf(number);
        Multiply(tap, inputs[a], ready + places[a], outputs[b], ready + places[inputs.Length + b], block);
    }

    /// <inheritdoc/>
    public void Write(int number, float* block)
    {
        var (tap, a, b) = PlaceOf(number);
        target.Write(block, BlockOutputs, inputs[a].Channels, inputs[a].WeightRow, outputs[b].WeightRow, tap);
    }

    public void Dispose() => meetings.Dispose();

    // For each tap the inputs that it meets, and the outputs that it meets them for.
    private static (AlignedMemory Pixels, (int First, int Count)[] Taps) Meetings(View input, ConvolutionShape shape)
    {
        var (met, outputs, ranges) = (new List<int>(), new List<int>(), new List<(int, int)>());
        foreach (var tap in TapPhase.Forward(shape)[0].Taps)
        {
            var first = met.Count;
            for (var pixel = 0; pixel < shape.Pixels; pixel++)
            {
                var (y, x) = Math.DivRem(pixel, shape.Width);
                if (input.Pixel((y * shape.Stride) + tap.Y, (x * shape.Stride) + tap.X) is >= 0 and var source)
                {
                    met.Add(source);
                    outputs.Add(pixel);
                }
            }

            ranges.Add((first, met.Count - first));
        }

        var memory = new AlignedMemory(2L * sizeof(int) * Math.Max(1, met.Count));
        for (var i = 0; i < met.Count; i++)
        {
            ((int*)memory.Floats)[i] = met[i];
            ((int*)memory.Floats)[met.Count + i] = outputs[i];
        }

        return (memory, [.. ranges]);
    }

    // Blocks that follow each other read the same inputs.
    private (int Tap, int Input, int Output) PlaceOf(int number)
    {
        var (rest, output) = Math.DivRem(number, outputs.Length);
        var (tap, input) = Math.DivRem(rest, inputs.Length);
        return (tap, input, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Arrange(Workspace workspace, View from, ChannelBlock[] blocks, int image, int chunk, float* start, int firstPlace)
    {
        var end = Math.Min(from.Pixels, (chunk + 1) * ChunkPixels);
        for (var b = 0; b < blocks.Length; b++)
        {
            var block = blocks[b];
            var to = start + places[firstPlace + b];
            var pixels = from.Locate(block.Segment, workspace);
            for (var pixel = chunk * ChunkPixels; pixel < end; pixel++)
            {
                float* x = pixels.At(image, pixel) + block.Channel, y = to + (pixel * (nint)block.Stride);
                for (nint c = 0; c < block.Stride; c += T.Width)
                {
                    T.Store(T.Load(x + c), y + c);
                }
            }
        }
    }

    private void Multiply(int tap, ChannelBlock input, float* x, ChannelBlock output, float* y, float* block)
    {
        var (start, met) = taps[tap];
        var inputRows = (int*)meetings.Floats + start;
        var outputRows = inputRows + allMeetings;
        for (var row = 0; row < input.Channels; row += T.TileRows)
        {
            for (var column = 0; column < output.Stride; column += 2 * T.Width)
            {
                var c = block + (row * BlockOutputs) + column;
                WeightTile.Gather<T>(x + row, input.Stride, inputRows, y + column, output.Stride, outputRows, met, c, BlockOutputs);
            }
        }
    }
}
