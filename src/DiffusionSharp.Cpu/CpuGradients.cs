using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Parameters;
using DiffusionSharp.Networks;
using Program = DiffusionSharp.Cpu.Execution.Program;

namespace DiffusionSharp.Cpu;

/// <summary>
/// A network's way there and back on the managed engine, with the weights of the program that predicts. Its memory is its own: the values of all
/// nodes, until the way back has read them, and the weights of the largest convolution once more.
/// </summary>
internal sealed unsafe class CpuGradients : IDisposable
{
    private readonly Program program;
    private readonly int forward;
    private readonly Workspace workspace;
    private float[] cotangents = [];
    private bool running;

    public CpuGradients(IReadOnlyList<Node> nodes, IParameterSource parameters, int vectorBits, Team team)
    {
        (program, forward) = Compiler.Differentiating(nodes, parameters, vectorBits);
        workspace = new Workspace(program.Layout, images => program.Scratch(images, team.Size), team);
    }

    /// <summary>What fits the network has been looked at.</summary>
    public void Run(DenoiserInput input, Span<float> prediction, Cotangent cotangent, Span<float> byX, Span<double> byTimesteps)
    {
        if (running)
        {
            throw new InvalidOperationException("a cotangent asked for the derivatives that it is part of");
        }

        running = true;
        try
        {
            Prepare(input, prediction.Length);
            Span<double> t = byTimesteps.IsEmpty ? new double[input.Count] : byTimesteps;
            byX.Clear();
            t.Clear();
            var ofPrediction = cotangents.AsSpan(0, prediction.Length);
            fixed (float* x = input.X, y = prediction, g = ofPrediction, dx = byX)
            {
                fixed (double* timesteps = input.Timesteps, dt = t)
                {
                    // A network without labels reads none.
                    fixed (int* labels = input.Labels)
                    {
                        workspace.Inputs = new CallInputs(x, timesteps, labels, y);
                        workspace.Gradients = new GradientInputs(g, dx, dt);
                        program.Run(workspace, ..forward, input.CancellationToken);
                        cotangent(prediction, ofPrediction);
                        program.Run(workspace, forward.., input.CancellationToken);
                    }
                }
            }
        }
        finally
        {
            running = false;
        }
    }

    public void Dispose()
    {
        workspace.Dispose();
        program.Dispose();
    }

    private void Prepare(DenoiserInput input, int outputs)
    {
        workspace.PrepareEach(input.Count);
        if (cotangents.Length < outputs)
        {
            cotangents = new float[outputs];
        }
    }
}
