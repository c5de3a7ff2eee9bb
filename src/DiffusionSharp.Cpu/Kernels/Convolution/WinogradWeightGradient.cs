using System.Diagnostics;
using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>
/// The gradient to the weights of a 3×3 convolution of stride 1 and padding 1 by Winograd's algorithm (<see cref="WinogradGradient4"/>). Of
/// a group of images threads transform the tiles, then share out blocks of weights: for each image one product over its tiles at each place,
/// transformed to weights, then added in the images' tree.
/// </summary>
internal sealed unsafe class WinogradWeightGradient<T> : IStep, IImageBlocks
    where T : unmanaged, ISimd<T>
{
    // Inputs that lie side by side: whole tiles of both heights.
    private const int BlockInputs = 48;

    // Inputs of which a thread holds the products. Of many tiles more: they read the same gradients, and hold products for longer.
    private const int FewInputs = 12;
    private const int MoreInputs = 24;
    private const int ManyTiles = 32;
    private const int BlockOutputs = WeightTarget.RowOutputs;
    private const int Places = 36;
    private const int PlaceSide = 6;
    private const int Taps = 9;
    private const int TapSide = 3;
    private const int Side = 4;
    private const int TransformedTiles = 4;

    private readonly View outputGradient;
    private readonly WinogradTiles<T, Winograd4> tiles;
    private readonly WeightTarget target;
    private readonly ChannelBlock[] inputs;
    private readonly ChannelBlock[] outputs;
    private readonly (int Block, int Row)[] products;
    private readonly int productInputs;
    private readonly nint[] places;
    private readonly nint imageFloats;
    private readonly BlockTree<T> tree;
    private readonly float* zeros;
    private readonly int width;
    private readonly int height;
    private readonly int tilesX;

    /// <param name="input">What the convolution read.</param>
    /// <param name="outputGradient">The gradient of what it wrote.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="target">Where the result goes.</param>
    /// <param name="zeros">What lies outside the image.</param>
    public WinogradWeightGradient(View input, View outputGradient, ConvolutionShape shape, WeightTarget target, AlignedMemory zeros)
    {
        Debug.Assert(shape.SuitsWinograd && outputGradient.IsPlain, "not a convolution for Winograd's algorithm");
        (this.outputGradient, this.target) = (outputGradient, target);
        this.zeros = zeros.Floats;
        tiles = new WinogradTiles<T, Winograd4>(input, shape, null, zeros);
        (width, height, tilesX) = (shape.Width, shape.Height, (shape.Width + Side - 1) / Side);
        inputs = [.. ChannelBlock.Split(input, BlockInputs)];
        outputs = [.. ChannelBlock.Split(outputGradient, BlockOutputs)];
        productInputs = tiles.PerImage < ManyTiles ? FewInputs : MoreInputs;
        products = [.. from b in Enumerable.Range(0, inputs.Length) from row in Rows(inputs[b], productInputs) select (b, row)];
        places = new nint[inputs.Length + outputs.Length];
        for (var b = 0; b < places.Length; b++)
        {
            places[b] = imageFloats;
            imageFloats += Places * Plane(b < inputs.Length ? inputs[b] : outputs[b - inputs.Length]);
        }

        tree = new BlockTree<T>(this, products.Length * outputs.Length, productInputs * Taps * BlockOutputs, imageFloats, ProductFloats);

        static IEnumerable<int> Rows(ChannelBlock block, int each) => Enumerable.Range(0, (block.Channels + each - 1) / each).Select(i => i * each);
    }

    // One cache line more than whole blocks: places would otherwise compete for the same few lines of the cache.
    private nint ProductPlane => (productInputs * BlockOutputs) + Prefetch.LineFloats;

    // The products of a column of places, and what is made of all columns.
    private nint ProductFloats => (PlaceSide + (TapSide * PlaceSide)) * ProductPlane;

    /// <inheritdoc/>
    public int ReadyItems => (tiles.PerImage + TransformedTiles - 1) / TransformedTiles;

    public ScratchNeed Scratch(int images, int threads) => tree.Scratch(images, threads);

    public void Run(Workspace workspace) => tree.Run(workspace);

    /// <inheritdoc/>
    public void Ready(Workspace workspace, int image, int item, float* ready)
    {
        var tile = item * TransformedTiles;
        var some = Math.Min(TransformedTiles, tiles.PerImage - tile);
        for (var b = 0; b < inputs.Length; b++)
        {
            var block = inputs[b];
            tiles.Input(workspace, block, (image * tiles.PerImage) + tile, some, ready + places[b] + (tile * block.Stride), Plane(block));
        }

        TransformOutputs(outputGradient.Locate(outputGradient.Segments[0], workspace), image, tile, some, ready);
    }

    /// <inheritdoc/>
    public void Multiply(int number, float* ready, float* block, float* scratch)
    {
        var (b, p) = Math.DivRem(number, products.Length);
        var (a, row) = products[p];
        var rows = Math.Min(productInputs, inputs[a].Channels - row);
        Weights(rows, ready + places[a] + row, inputs[a], ready + places[inputs.Length + b], outputs[b], block, scratch);
    }

    /// <inheritdoc/>
    public void Write(int number, float* block)
    {
        var (b, p) = Math.DivRem(number, products.Length);
        var (a, row) = products[p];
        var rows = Math.Min(productInputs, inputs[a].Channels - row);
        for (var tap = 0; tap < Taps; tap++)
        {
            target.Write(block + (tap * BlockOutputs), Taps * BlockOutputs, rows, inputs[a].WeightRow + row, outputs[b].WeightRow, tap);
        }
    }

    private nint Plane(ChannelBlock block) => ((nint)tiles.PerImage * block.Stride) + Prefetch.LineFloats;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformOutputs(Pixels pixels, int image, int tile, int some, float* start)
    {
        float** corners = stackalloc float*[Side * Side];
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
                var destination = start + places[inputs.Length + b] + (tile * block.Stride);
                for (nint c = 0; c < block.Stride; c += T.Width)
                {
                    WinogradGradient4.Output<T>(corners, block.Channel + c, destination + c, plane);
                }
            }
        }
    }

    // An image's weights, tap by tap of each input. A column of places is halved as soon as it is there, while it lies in the first cache.
    private void Weights(int rows, float* x, ChannelBlock input, float* y, ChannelBlock output, float* block, float* column)
    {
        var (plane, count, half) = (ProductPlane, (nint)rows * BlockOutputs, PlaceSide * ProductPlane);
        for (var left = 0; left < PlaceSide; left++)
        {
            for (var top = 0; top < PlaceSide; top++)
            {
                var place = (top * PlaceSide) + left;
                Multiply(rows, x + (place * Plane(input)), input.Stride, y + (place * Plane(output)), output.Stride, column + (top * plane));
            }

            WinogradGradient4.Weights<T>(column, plane, column + half + (left * plane), PlaceSide * plane, count, 0, rows: 1);
        }

        for (var top = 0; top < TapSide; top++)
        {
            WinogradGradient4.Weights<T>(
                column + half + (top * PlaceSide * plane), plane, block + (top * TapSide * BlockOutputs), BlockOutputs, BlockOutputs, Taps * BlockOutputs, rows);
        }
    }

    private void Multiply(int rows, float* x, nint xRow, float* y, nint yRow, float* sums)
    {
        for (var row = 0; row < rows; row += T.TileRows)
        {
            for (var column = 0; column < yRow; column += 2 * T.Width)
            {
                WeightTile.Multiply<T>(x + row, xRow, y + column, yRow, tiles.PerImage, sums + (row * BlockOutputs) + column, BlockOutputs);
            }
        }
    }
}
