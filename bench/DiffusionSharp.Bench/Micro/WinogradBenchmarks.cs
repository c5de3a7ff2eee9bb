using BenchmarkDotNet.Attributes;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Convolution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Kernels.Simd;

namespace DiffusionSharp.Bench.Micro;

/// <summary>Winograd's transforms of one tile of 128 channels in vectors of 256 bits: input, weights of one input channel, output.</summary>
public unsafe class WinogradBenchmarks
{
    private const int Channels = 128;
    private const int Places = 36;
    private const int Plane = Channels + 16;
    private readonly AlignedMemory plain = Floats.Normals(Places * Channels), transformed = Floats.Normals(Places * Plane);

    /// <summary>Outputs of a tile's side.</summary>
    [Params(2, 4)]
    public int Side { get; set; }

    /// <summary>Frees the memory.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        plain.Dispose();
        transformed.Dispose();
    }

    /// <summary>Of a tile.</summary>
    [Benchmark]
    public void Input()
    {
        if (Side == 4)
        {
            Input<Winograd4>();
        }
        else
        {
            Input<Winograd2>();
        }
    }

    /// <summary>Of an input channel, for 128 outputs.</summary>
    [Benchmark]
    public void Weights()
    {
        if (Side == 4)
        {
            Weights<Winograd4>();
        }
        else
        {
            Weights<Winograd2>();
        }
    }

    /// <summary>Of a tile.</summary>
    [Benchmark]
    public void Output()
    {
        if (Side == 4)
        {
            Output<Winograd4>();
        }
        else
        {
            Output<Winograd2>();
        }
    }

    private void Input<TScheme>()
        where TScheme : IWinograd
    {
        var pixels = stackalloc float*[Places];
        for (var i = 0; i < Places; i++)
        {
            pixels[i] = plain.Floats + (i * Channels);
        }

        for (var c = 0; c < Channels; c += Simd256.Width)
        {
            TScheme.Input<Simd256>(pixels, c, transformed.Floats + c, Plane);
        }
    }

    private void Weights<TScheme>()
        where TScheme : IWinograd
    {
        for (var c = 0; c < Channels; c += Simd256.Width)
        {
            TScheme.Weights<Simd256, Float32Weights>(plain.Floats, c, Channels, phase: 0, transformed.Floats + c, Plane);
        }
    }

    private void Output<TScheme>()
        where TScheme : IWinograd
    {
        var outputs = stackalloc Simd256[16];
        for (var c = 0; c < Channels; c += Simd256.Width)
        {
            TScheme.Output(transformed.Floats + c, Plane, outputs);
            for (var i = 0; i < TScheme.Outputs * TScheme.Outputs; i++)
            {
                Simd256.Store(outputs[i], plain.Floats + (i * Channels) + c);
            }
        }
    }
}
