using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Parameters;

namespace DiffusionSharp.Cpu.Kernels;

/// <summary>
/// The gradient to the weights of a 3×3 convolution of stride 1 and padding 1 by Winograd's algorithm (<see cref="WinogradGradient4"/>). Of
/// some images at a time, as many as a cache holds, threads transform the tiles, then share out blocks of weights: for each image one product
/// over its tiles at each place, transformed to weights, then added in the images' tree.
/// </summary>
internal sealed unsafe class WinogradWeightGradient<T> : IStep
    where T : unmanaged, ISimd<T>
{
    // Whole tiles of both heights, and panels of outputs.
    private const int BlockInputs = 48;
    private const int BlockOutputs = 2 * PanelLayout.Panel;

    // Inputs of which a thread holds the products.
    private const int ProductInputs = 24;
    private const int Places = 36;
    private const int Side = 4;
    private const int TransformedTiles = 4;

    // Transformed tiles that lie ready at once.
    private const long MostTransformed = 1_000_000;

    // A product may read and write two vectors past the last value.
    private const int Overread = 64;

    private readonly View outputGradient;
    private readonly WinogradTiles<T, Winograd4> tiles;
    private readonly WeightTarget target;
    private readonly ChannelBlock[] inputs;
    private readonly ChannelBlock[] outputs;
    private readonly nint[] inputPlaces;
    private readonly nint[] outputPlaces;
    private readonly nint imageFloats;
    private readonly float* zeros;
    private readonly int width;
    private readonly int height;
    private readonly int tilesX;
    private readonly Action<int, int> transform;
    private readonly Action<int, int> multiply;
    private Workspace workspace = null!;
    private int first;
    private int count;

    /// <param name="input">What the convolution read.</param>
    /// <param name="outputGradient">The gradient of what it wrote.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="target">Where the result goes.</param>
    /// <param name="zeros">What lies outside the image.</param>
    public WinogradWeightGradient(View input, View outputGradient, ConvolutionShape shape, WeightTarget target, AlignedMemory zeros)
    {
        Debug.Assert(shape is { Kernel: 3, Stride: 1, Padding: 1 } && outputGradient.IsPlain, "not a convolution for Winograd's algorithm");
        (this.outputGradient, this.target) = (outputGradient, target);
        this.zeros = zeros.Floats;
        tiles = new WinogradTiles<T, Winograd4>(input, shape, null, zeros);
        (width, height, tilesX) = (shape.Width, shape.Height, (shape.Width + Side - 1) / Side);
        inputs = [.. ChannelBlock.Split(input, BlockInputs)];
        outputs = [.. ChannelBlock.Split(outputGradient, BlockOutputs)];
        (inputPlaces, outputPlaces) = (new nint[inputs.Length], new nint[outputs.Length]);
        for (var b = 0; b < inputs.Length; imageFloats += Places * Plane(inputs[b]), b++)
        {
            inputPlaces[b] = imageFloats;
        }

        for (var b = 0; b < outputs.Length; imageFloats += Places * Plane(outputs[b]), b++)
        {
            outputPlaces[b] = imageFloats;
        }

        (transform, multiply) = (Transform, Multiply);
    }

    private static nint ProductPlane => (ProductInputs * BlockOutputs) + Prefetch.LineFloats;

    private int TransformItems => (tiles.PerImage + TransformedTiles - 1) / TransformedTiles;

    private long TargetFloats => target.Layout.Floats;

    public ScratchNeed Scratch(int images, int threads) => new(
        (Group(images) * (long)imageFloats) + Overread + (ImageTree.Levels(images) * TargetFloats), (Places * ProductPlane) + Overread);

    public void Run(Workspace workspace)
    {
        this.workspace = workspace;
        var group = Group(workspace.Images);
        for (first = 0; first < workspace.Images; first += group)
        {
            count = Math.Min(group, workspace.Images - first);
            workspace.Team.For(count * TransformItems, transform);
            workspace.Team.For(inputs.Length * outputs.Length, multiply);
        }
    }

    private int Group(int images) => (int)Math.Clamp(MostTransformed / imageFloats, 1, images);

    private nint Plane(ChannelBlock block) => ((nint)tiles.PerImage * block.Stride) + Prefetch.LineFloats;

    private float* Levels => workspace.Shared + (Group(workspace.Images) * imageFloats) + Overread;

    private void Transform(int worker, int item)
    {
        var (image, group) = Math.DivRem(item, TransformItems);
        var tile = group * TransformedTiles;
        var some = Math.Min(TransformedTiles, tiles.PerImage - tile);
        var start = workspace.Shared + (image * imageFloats);
        for (var b = 0; b < inputs.Length; b++)
        {
            var block = inputs[b];
            tiles.Input(workspace, block, ((first + image) * tiles.PerImage) + tile, some, start + inputPlaces[b] + (tile * block.Stride), Plane(block));
        }

        TransformOutputs(first + image, tile, some, start);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformOutputs(int image, int tile, int some, float* start)
    {
        float** corners = stackalloc float*[Side * Side];
        var pixels = outputGradient.Of(outputGradient.Segments[0], workspace);
        for (var end = tile + some; tile < end; tile++)
        {
            var (top, left) = (tile / tilesX * Side, tile % tilesX * Side);
            for (var i = 0; i < Side * Side; i++)
            {
                var (y, x) = (top + (i / Side), left + (i % Side));
                corners[i] = y < height && x < width ? pixels.At(image, (y * width) + x) : zeros;
            }

            for (var b = 0; b < outputs.Length; b++)
            {
                var (block, plane) = (outputs[b], Plane(outputs[b]));
                var destination = start + outputPlaces[b] + (tile * block.Stride);
                for (nint c = 0; c < block.Stride; c += T.Width)
                {
                    WinogradGradient4.Output<T>(corners, block.Channel + c, destination + c, plane);
                }
            }
        }
    }

    private void Multiply(int worker, int item)
    {
        var (a, b) = Math.DivRem(item, outputs.Length);
        var (input, output) = (inputs[a], outputs[b]);
        nint inputPlane = Plane(input), outputPlane = Plane(output);
        var products = workspace.Own(worker);
        for (var image = 0; image < count; image++)
        {
            var start = workspace.Shared + (image * imageFloats);
            for (var row = 0; row < input.Channels; row += ProductInputs)
            {
                var rows = Math.Min(ProductInputs, input.Channels - row);
                float* x = start + inputPlaces[a] + row, y = start + outputPlaces[b];
                for (var place = 0; place < Places; place++, x += inputPlane, y += outputPlane)
                {
                    Multiply(rows, x, input.Stride, y, output.Stride, products + (place * ProductPlane));
                }

                Store(products, rows, input.WeightRow + row, output.Channel, first + image);
            }
        }
    }

    private void Multiply(int rows, float* x, nint xRow, float* y, nint yRow, float* products)
    {
        for (var row = 0; row < rows; row += T.TileRows)
        {
            for (var column = 0; column < yRow; column += 2 * T.Width)
            {
                WeightTile.Multiply<T>(x + row, xRow, y + column, yRow, tiles.PerImage, products + (row * BlockOutputs) + column, BlockOutputs);
            }
        }
    }

    // From products to an image's weights, which join the sums that wait for them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store(float* products, int rows, int inputChannel, int outputChannel, int image)
    {
        var taps = stackalloc T[9];
        var images = workspace.Images;
        var joins = ImageTree.Joins(image, images);
        var levels = Levels;
        var level = ImageTree.Level(image, images);
        var result = level is { } l ? levels + (l * (nint)TargetFloats) : target.Start;
        var tapStep = target.Layout.TapStep;
        for (var row = 0; row < rows; row++)
        {
            for (var c = 0; c < BlockOutputs; c += T.Width)
            {
                WinogradGradient4.Weights(products + (row * BlockOutputs) + c, ProductPlane, taps);
                var place = target.Place(outputChannel + c, inputChannel + row, 0);
                for (var tap = 0; tap < 9; tap++, place += tapStep)
                {
                    var sum = taps[tap];
                    for (var waiting = joins; waiting != 0; waiting &= waiting - 1)
                    {
                        sum = T.Add(T.Load(levels + (BitOperations.TrailingZeroCount(waiting) * (nint)TargetFloats) + place), sum);
                    }

                    T.Store(sum, result + place);
                }
            }

            if (level is null && outputChannel + BlockOutputs > target.Layout.Outputs)
            {
                ClearRest(outputChannel, inputChannel + row);
            }
        }
    }

    private void ClearRest(int output, int input)
    {
        for (var panel = output; panel < output + BlockOutputs; panel += PanelLayout.Panel)
        {
            for (var tap = 0; tap < 9; tap++)
            {
                target.ClearRest(panel, target.Start + target.Place(panel, input, tap));
            }
        }
    }
}
