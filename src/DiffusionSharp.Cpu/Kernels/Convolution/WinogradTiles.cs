using System.Runtime.CompilerServices;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Simd;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Cpu.Kernels.Convolution;

/// <summary>The tiles of a convolution by Winograd's algorithm, counted over all images: from pixels to transformed inputs, from products to pixels.</summary>
internal sealed unsafe class WinogradTiles<T, TScheme>
    where T : unmanaged, ISimd<T>
    where TScheme : IWinograd
{
    private readonly View input;
    private readonly ConvolutionShape shape;
    private readonly Epilogue? epilogue;
    private readonly float* zeros;
    private readonly int width;
    private readonly int height;
    private readonly int tilesX;

    /// <param name="input">What is convolved, its pixels not upsampled where the scheme upsamples them.</param>
    /// <param name="shape">The convolution's.</param>
    /// <param name="epilogue">Where the outputs go; null where inputs alone are transformed.</param>
    /// <param name="zeros">What lies outside the image.</param>
    public WinogradTiles(View input, ConvolutionShape shape, Epilogue? epilogue, AlignedMemory zeros)
    {
        (this.input, this.shape, this.epilogue) = (input, shape, epilogue);
        this.zeros = zeros.Floats;
        (width, height) = (shape.Width / TScheme.Scale, shape.Height / TScheme.Scale);
        tilesX = (width + TScheme.Outputs - 1) / TScheme.Outputs;
        PerImage = tilesX * ((height + TScheme.Outputs - 1) / TScheme.Outputs);
    }

    /// <summary>Tiles of an image.</summary>
    public int PerImage { get; }

    /// <summary>Transforms the channels of a block.</summary>
    /// <param name="workspace">Holds the pixels.</param>
    /// <param name="block">The channels.</param>
    /// <param name="first">The first tile.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="destination">Where the first tile's first place goes; tiles lie side by side, a block's stride apart.</param>
    /// <param name="plane">Distance of the places.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Input(Workspace workspace, ChannelBlock block, int first, int count, float* destination, nint plane)
    {
        const int Most = 36;
        var pixels = input.Locate(block.Segment, workspace);
        float** corners = stackalloc float*[Most], next = stackalloc float*[Most];
        Find(next, pixels, first);
        for (var i = 0; i < count; i++, destination += block.Stride)
        {
            var found = next;
            next = corners;
            corners = found;
            Find(next, pixels, first + Math.Min(i + 1, count - 1));
            for (nint c = 0; c < block.Stride; c += T.Width)
            {
                if (c % Prefetch.LineFloats == 0)
                {
                    Prefetch.Lines(next, TScheme.Side * TScheme.Side, block.Channel + c);
                }

                TScheme.Input<T>(corners, block.Channel + c, destination + c, plane);
            }
        }
    }

    /// <summary>Transforms products and stores the outputs, in the epilogue's way.</summary>
    /// <param name="workspace">Holds the pixels.</param>
    /// <param name="products">The first tile's first place.</param>
    /// <param name="plane">Distance of the places.</param>
    /// <param name="row">Distance of the tiles.</param>
    /// <param name="first">The first tile.</param>
    /// <param name="count">Tiles.</param>
    /// <param name="phase">Which of a stored pixel's outputs.</param>
    /// <param name="channel">The first output channel.</param>
    /// <param name="channels">Output channels.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Output(Workspace workspace, float* products, nint plane, nint row, int first, int count, int phase, int channel, int channels)
    {
        var room = stackalloc byte[(sizeof(T) * (TScheme.Outputs * TScheme.Outputs)) + Stack.Room];
        var outputs = Stack.Align<T>(room);
        var (phaseY, phaseX) = (phase / TScheme.Scale, phase % TScheme.Scale);
        var (stepY, stepX) = (TScheme.Scale * shape.Width, TScheme.Scale);
        for (var i = first; i < first + count; i++, products += row)
        {
            var (image, place) = Math.DivRem(i, PerImage);
            var (y, x) = (place / tilesX * TScheme.Outputs, place % tilesX * TScheme.Outputs);
            var (rows, columns) = (Math.Min(TScheme.Outputs, height - y), Math.Min(TScheme.Outputs, width - x));
            var pixel = ((nint)image * shape.Pixels) + (y * stepY) + (phaseY * shape.Width) + (x * stepX) + phaseX;
            var target = epilogue!.Begin(workspace, image, channel);
            for (nint c = 0; c < channels; c += T.Width)
            {
                TScheme.Output(products + c, plane, outputs);
                var offset = target.Offset<T>(c);
                for (var oy = 0; oy < rows; oy++)
                {
                    for (var ox = 0; ox < columns; ox++)
                    {
                        target.Store(outputs[(oy * TScheme.Outputs) + ox], offset, pixel + (oy * stepY) + (ox * stepX), c);
                    }
                }
            }
        }
    }

    // The tile's pixels; where one lies outside the image, zeros.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Find(float** corners, Pixels pixels, int tile)
    {
        var (image, place) = Math.DivRem(tile, PerImage);
        var (tileY, tileX) = Math.DivRem(place, tilesX);
        var (top, left) = ((tileY * TScheme.Outputs) - 1, (tileX * TScheme.Outputs) - 1);
        var columns = stackalloc nint[TScheme.Side];
        for (var x = 0; x < TScheme.Side; x++)
        {
            columns[x] = input.Pixel(0, left + x) * pixels.Stride;
        }

        for (var y = top; y < top + TScheme.Side; y++)
        {
            var row = input.Pixel(y, 0);
            var start = row < 0 ? null : pixels.At(image, row);
            for (var x = 0; x < TScheme.Side; x++)
            {
                *corners++ = start == null || columns[x] < 0 ? zeros : start + columns[x];
            }
        }
    }
}
